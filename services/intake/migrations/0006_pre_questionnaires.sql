-- questionnaires as data, how programmes take people in, and what people answer
-- depends: 0002_pre_add_coordinators

-- migrate: apply
CREATE TABLE questionnaire (
    code text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    body jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (code, version)
);

CREATE UNIQUE INDEX questionnaire_has_one_draft ON questionnaire (code) WHERE published_at IS NULL;

-- without a row, a programme takes everybody, with the questionnaire that is built in
CREATE TABLE enrolment (
    programme_id uuid PRIMARY KEY REFERENCES programme,
    questionnaire text NOT NULL,
    version integer NOT NULL,
    places integer CHECK (places > 0),
    waits_after_close boolean NOT NULL
);

-- texts among the answers, and the reason of who leaves, stay here: no event tells them
CREATE TABLE sign_up (
    programme_id uuid NOT NULL REFERENCES programme,
    person_id uuid NOT NULL REFERENCES person,
    draft jsonb,
    draft_saved_at timestamptz,
    questionnaire text,
    version integer,
    answers jsonb,
    sent_at timestamptz,
    consent_version text,
    consented_at timestamptz,
    entered_by text,
    waiting_since timestamptz,
    leaving_reason text,
    PRIMARY KEY (programme_id, person_id),
    CHECK ((draft IS NULL) = (draft_saved_at IS NULL)),
    CHECK ((answers IS NULL) = (sent_at IS NULL)),
    CHECK ((answers IS NULL) = (questionnaire IS NULL)),
    CHECK ((answers IS NULL) = (version IS NULL)),
    CHECK ((answers IS NULL) = (consented_at IS NULL)),
    CHECK ((answers IS NULL) = (consent_version IS NULL)),
    CHECK (waiting_since IS NULL OR answers IS NOT NULL)
);

CREATE INDEX sign_up_of_person ON sign_up (person_id);
CREATE INDEX sign_up_that_waits ON sign_up (programme_id, waiting_since, person_id)
    WHERE waiting_since IS NOT NULL;

-- what the person says of their education counts where HR knows nothing
ALTER TABLE participant
    ADD COLUMN education_level smallint CHECK (education_level BETWEEN 1 AND 10),
    ADD COLUMN education_field text,
    ADD COLUMN answers jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN paused_at timestamptz;

-- what a person can choose from is what HR's list has: found by skipping through these
CREATE INDEX person_by_department ON person (department);
CREATE INDEX person_by_education_field ON person (education_field);
CREATE INDEX person_by_time_zone ON person (time_zone);

-- migrate: rollback
DROP INDEX person_by_department, person_by_education_field, person_by_time_zone;
ALTER TABLE participant DROP COLUMN education_level, DROP COLUMN education_field,
    DROP COLUMN answers, DROP COLUMN paused_at;
DROP TABLE sign_up;
DROP TABLE enrolment;
DROP TABLE questionnaire;
