-- check-in and sign-in mails: with a pair, or to a person without a programme
-- depends: 0001_pre_create_notifications

-- migrate: apply
-- Code before this joins by person_id: no table that it joins may have another column of the name.
ALTER TABLE delivery
    ADD COLUMN recipient_id uuid NULL,
    ADD COLUMN pair_id uuid NULL,
    ADD COLUMN urgent boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN void_after timestamptz NULL,
    ALTER COLUMN participant_id DROP NOT NULL,
    ALTER COLUMN programme_id DROP NOT NULL,
    ALTER COLUMN side DROP NOT NULL,
    DROP CONSTRAINT delivery_kind_check,
    DROP CONSTRAINT delivery_check3,
    ADD CONSTRAINT delivery_kind_check CHECK (
        kind IN ('pair-formed', 'participant-unplaced', 'checkin-due', 'sign-in')
    ),
    ADD CONSTRAINT delivery_check3 CHECK (
        (kind IN ('pair-formed', 'checkin-due')) = (partner_id IS NOT NULL)
    ),
    ADD CONSTRAINT delivery_recipient_check CHECK (
        (kind = 'sign-in') = (recipient_id IS NOT NULL)
        AND (participant_id IS NULL) <> (recipient_id IS NULL)
        AND (participant_id IS NULL) = (programme_id IS NULL)
    ),
    ADD CONSTRAINT delivery_once UNIQUE NULLS NOT DISTINCT (
        kind, subject_id, participant_id, recipient_id
    );

CREATE INDEX delivery_next ON delivery (urgent DESC, next_attempt_at, id) WHERE state = 'due';

CREATE INDEX delivery_resting_by_recipient ON delivery (recipient_id)
WHERE recipient_id IS NOT NULL AND state IN ('waiting', 'due', 'held');

CREATE INDEX delivery_resting_by_pair ON delivery (pair_id)
WHERE pair_id IS NOT NULL AND state IN ('waiting', 'due', 'held');

CREATE INDEX delivery_sign_in ON delivery (void_after) WHERE kind = 'sign-in';

-- migrate: rollback
DELETE FROM delivery WHERE kind IN ('checkin-due', 'sign-in');

DROP INDEX delivery_next, delivery_resting_by_recipient, delivery_resting_by_pair, delivery_sign_in;

ALTER TABLE delivery
    DROP CONSTRAINT delivery_kind_check,
    DROP CONSTRAINT delivery_check3,
    DROP CONSTRAINT delivery_recipient_check,
    DROP CONSTRAINT delivery_once,
    DROP COLUMN recipient_id,
    DROP COLUMN pair_id,
    DROP COLUMN urgent,
    DROP COLUMN void_after,
    ALTER COLUMN participant_id SET NOT NULL,
    ALTER COLUMN programme_id SET NOT NULL,
    ALTER COLUMN side SET NOT NULL,
    ADD CONSTRAINT delivery_kind_check CHECK (kind IN ('pair-formed', 'participant-unplaced')),
    ADD CONSTRAINT delivery_check3 CHECK ((kind = 'pair-formed') = (partner_id IS NOT NULL));
