-- HR systems push people by SCIM: the tokens they come with, and what they say beyond a person's facts
-- depends: 0003_pre_people_leave

-- migrate: apply
CREATE TABLE scim_token (
    token_id uuid PRIMARY KEY,
    -- the public part, by which a token is found; the secret part is kept as a hash alone
    prefix text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    last_used_at timestamptz,
    revoked_at timestamptz
);

ALTER TABLE person
    ADD COLUMN user_name text,
    ADD COLUMN external_id text,
    -- what SCIM gave for facts that have defaults, and what was made of it; where a file of people
    -- has changed such a fact since, the fact counts
    ADD COLUMN scim_given jsonb,
    ADD COLUMN scim_made jsonb,
    -- deleted by SCIM: not shown to it again until they are back
    ADD COLUMN scim_deleted boolean NOT NULL DEFAULT false;

-- SCIM compares names whatever their case; whoever has none is known by address or number
CREATE INDEX person_by_user_name ON person (casefold(
    coalesce(user_name, CASE WHEN left_at IS NULL THEN email ELSE employee_number END)
    COLLATE "pg_unicode_fast"));
CREATE INDEX person_by_external_id ON person (external_id COLLATE "C")
    WHERE external_id IS NOT NULL;

-- migrate: rollback
DROP INDEX person_by_user_name;
ALTER TABLE person DROP COLUMN user_name, DROP COLUMN external_id, DROP COLUMN scim_given,
    DROP COLUMN scim_made, DROP COLUMN scim_deleted;
DROP TABLE scim_token;
