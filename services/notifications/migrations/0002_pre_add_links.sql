-- check-in and sign-in mails: with a pair, or to a person without a programme
-- depends: 0001_pre_create_notifications

-- migrate: apply
ALTER TABLE delivery
    ADD COLUMN person_id uuid NULL,
    ADD COLUMN pair_id uuid NULL,
    ADD COLUMN urgent boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN void_after timestamptz NULL,
    ALTER COLUMN participant_id DROP NOT NULL,
    ALTER COLUMN programme_id DROP NOT NULL,
    ALTER COLUMN side DROP NOT NULL,
    DROP CONSTRAINT delivery_kind_check,
    DROP CONSTRAINT delivery_check3,
    ADD CHECK ((participant_id IS NULL) <> (person_id IS NULL)),
    ADD CHECK ((participant_id IS NULL) = (programme_id IS NULL)),
    ADD UNIQUE NULLS NOT DISTINCT (kind, subject_id, participant_id, person_id);

CREATE INDEX delivery_next ON delivery (urgent DESC, next_attempt_at, id) WHERE state = 'due';

CREATE INDEX delivery_resting_by_person ON delivery (person_id)
WHERE person_id IS NOT NULL AND state IN ('waiting', 'due', 'held');

CREATE INDEX delivery_resting_by_pair ON delivery (pair_id)
WHERE pair_id IS NOT NULL AND state IN ('waiting', 'due', 'held');

-- migrate: rollback
DROP INDEX delivery_next, delivery_resting_by_person, delivery_resting_by_pair;
DELETE FROM delivery WHERE participant_id IS NULL OR kind = 'checkin-due';
ALTER TABLE delivery
    DROP COLUMN person_id, DROP COLUMN pair_id, DROP COLUMN urgent, DROP COLUMN void_after,
    ALTER COLUMN participant_id SET NOT NULL, ALTER COLUMN programme_id SET NOT NULL,
    ALTER COLUMN side SET NOT NULL;
