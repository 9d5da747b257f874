-- programmes move by date, are of a kind, and invite people
-- depends: 0003_pre_people_leave

-- migrate: apply
ALTER TABLE person
    -- since when somebody is with the company, as far as it was counted
    ADD COLUMN joined_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00';

ALTER TABLE programme
    ADD COLUMN kind text NOT NULL DEFAULT 'campaign'
        CHECK (kind IN ('yearly', 'campaign', 'always-open')),
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN opens_by_date boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN audience text[] NOT NULL DEFAULT '{}',
    ADD COLUMN incentives jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN campaign jsonb,
    ADD COLUMN test_for uuid REFERENCES person;

-- generated, so that code that does not know of it keeps it too; domain/programmes.py has the rule
ALTER TABLE programme
    ADD COLUMN moves_at timestamptz GENERATED ALWAYS AS (
        CASE state
            WHEN 'draft' THEN CASE WHEN opens_by_date THEN enrolment_opens_at END
            WHEN 'open' THEN CASE WHEN kind = 'always-open'
                THEN least(starts_on::timestamp AT TIME ZONE time_zone, enrolment_closes_at)
                ELSE enrolment_closes_at END
            WHEN 'closed' THEN starts_on::timestamp AT TIME ZONE time_zone
            WHEN 'running' THEN (ends_on + 1)::timestamp AT TIME ZONE time_zone
        END
    ) STORED;

CREATE INDEX programme_moves ON programme (moves_at) WHERE moves_at IS NOT NULL;

CREATE TABLE invitee (
    programme_id uuid NOT NULL REFERENCES programme,
    person_id uuid NOT NULL REFERENCES person,
    since timestamptz NOT NULL,
    -- when to look at them next, as far as that is known
    due_at timestamptz,
    step text CHECK (step IN ('announcement', 'invitation', 'reminder', 'last-call')),
    number smallint,
    heard_at timestamptz,
    PRIMARY KEY (programme_id, person_id),
    CHECK ((step IS NULL) = (number IS NULL) AND (step IS NULL) = (heard_at IS NULL))
);

CREATE INDEX invitee_due ON invitee (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX invitee_of_person ON invitee (person_id);

CREATE TABLE invitation (
    invitation_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL,
    person_id uuid NOT NULL,
    step text NOT NULL,
    number smallint NOT NULL,
    told_at timestamptz NOT NULL,
    UNIQUE (programme_id, person_id, step, number),
    -- to the row that whoever tells has locked; another reference would let locks cross
    FOREIGN KEY (programme_id, person_id) REFERENCES invitee
);

CREATE TABLE declined (
    programme_id uuid NOT NULL REFERENCES programme,
    person_id uuid NOT NULL REFERENCES person,
    declined_at timestamptz NOT NULL,
    PRIMARY KEY (programme_id, person_id)
);

-- who needs to hear no more of a programme
CREATE VIEW answer AS
    SELECT programme_id, person_id FROM participant
    UNION ALL SELECT programme_id, person_id FROM declined;

-- migrate: rollback
DROP VIEW answer;
DROP TABLE declined, invitation, invitee;
ALTER TABLE programme
    DROP COLUMN moves_at, DROP COLUMN test_for, DROP COLUMN campaign, DROP COLUMN incentives,
    DROP COLUMN audience, DROP COLUMN opens_by_date, DROP COLUMN time_zone, DROP COLUMN kind;
ALTER TABLE person DROP COLUMN joined_at;
