-- mails that invite people to a programme in which they do not take part; test programmes
-- depends: 0002_pre_add_links

-- migrate: apply
ALTER TABLE programme
    ADD COLUMN opens_at timestamptz,
    ADD COLUMN may_end_sooner boolean NOT NULL DEFAULT TRUE,
    ADD COLUMN may_continue boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN has_incentives boolean NOT NULL DEFAULT FALSE,
    -- nobody but this person is mailed
    ADD COLUMN test_for uuid;

ALTER TABLE delivery
    ADD COLUMN closes_at timestamptz,
    ADD COLUMN time_zone text,
    ADD COLUMN locale text,
    DROP CONSTRAINT delivery_kind_check,
    DROP CONSTRAINT delivery_recipient_check,
    ADD CONSTRAINT delivery_kind_check CHECK (
        kind IN ('pair-formed', 'participant-unplaced', 'checkin-due', 'sign-in',
                 'announcement', 'invitation', 'reminder', 'last-call')
    ),
    ADD CONSTRAINT delivery_recipient_check CHECK (
        (kind IN ('sign-in', 'announcement', 'invitation', 'reminder', 'last-call'))
            = (recipient_id IS NOT NULL)
        AND (participant_id IS NULL) <> (recipient_id IS NULL)
        AND (kind = 'sign-in') = (programme_id IS NULL)
    ),
    ADD CONSTRAINT delivery_closes_check CHECK (
        (kind IN ('announcement', 'invitation', 'reminder', 'last-call'))
            = (closes_at IS NOT NULL AND time_zone IS NOT NULL)
    );

-- migrate: rollback
DELETE FROM delivery WHERE kind IN ('announcement', 'invitation', 'reminder', 'last-call');

ALTER TABLE delivery
    DROP CONSTRAINT delivery_kind_check,
    DROP CONSTRAINT delivery_recipient_check,
    DROP CONSTRAINT delivery_closes_check,
    DROP COLUMN closes_at,
    DROP COLUMN time_zone,
    DROP COLUMN locale,
    ADD CONSTRAINT delivery_kind_check CHECK (
        kind IN ('pair-formed', 'participant-unplaced', 'checkin-due', 'sign-in')
    ),
    ADD CONSTRAINT delivery_recipient_check CHECK (
        (kind = 'sign-in') = (recipient_id IS NOT NULL)
        AND (participant_id IS NULL) <> (recipient_id IS NULL)
        AND (participant_id IS NULL) = (programme_id IS NULL)
    );

ALTER TABLE programme
    DROP COLUMN opens_at, DROP COLUMN may_end_sooner, DROP COLUMN may_continue,
    DROP COLUMN has_incentives, DROP COLUMN test_for;
