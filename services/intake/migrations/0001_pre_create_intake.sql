-- people as HR lists them, programmes, and who takes part in them
-- depends:

-- migrate: apply
CREATE TABLE person (
    person_id uuid PRIMARY KEY,
    employee_number text NOT NULL UNIQUE,
    name text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL GENERATED ALWAYS AS (lower(email COLLATE "C")) STORED,
    department text NOT NULL,
    seniority smallint NOT NULL CHECK (seniority BETWEEN 1 AND 20),
    education_level smallint CHECK (education_level BETWEEN 1 AND 10),
    education_field text,
    time_zone text NOT NULL,
    locale text NOT NULL,
    working_days smallint[] NOT NULL,
    changed_at timestamptz NOT NULL,
    -- checked at the end of a statement, so that two people can exchange their addresses
    CONSTRAINT person_email_is_unique UNIQUE (email_key) DEFERRABLE INITIALLY IMMEDIATE
);

CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'running', 'ended')),
    enrolment_opens_at timestamptz NOT NULL,
    enrolment_closes_at timestamptz NOT NULL CHECK (enrolment_closes_at > enrolment_opens_at),
    starts_on date NOT NULL,
    ends_on date NOT NULL CHECK (ends_on > starts_on),
    policies jsonb NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE INDEX programme_open_until ON programme (enrolment_closes_at) WHERE state = 'open';

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL REFERENCES programme,
    person_id uuid NOT NULL REFERENCES person,
    role text NOT NULL CHECK (role IN ('mentor', 'mentee', 'both')),
    capacity smallint NOT NULL CHECK (capacity BETWEEN 0 AND 50),
    wanted_departments text[] NOT NULL,
    interests text[] NOT NULL,
    time_zone text,
    locale text,
    working_days smallint[],
    registered_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_because text CHECK (withdrawn_because IN ('own-wish', 'left-company', 'coordinator')),
    UNIQUE (programme_id, person_id),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_because IS NULL))
);

CREATE INDEX participant_of_person ON participant (person_id);
CREATE INDEX participant_by_programme ON participant (programme_id, participant_id);

-- migrate: rollback
DROP TABLE participant;
DROP TABLE programme;
DROP TABLE person;
