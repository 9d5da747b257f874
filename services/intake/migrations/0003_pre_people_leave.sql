-- people leave and come back, have managers, and are changed by one writer at a time
-- depends: 0002_pre_add_coordinators

-- migrate: apply
ALTER TABLE person
    ADD COLUMN title text,
    -- as HR gave it: the manager may come later, in another file, or never
    ADD COLUMN manager_number text,
    ADD COLUMN left_at timestamptz,
    ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE INDEX person_by_manager ON person (manager_number) WHERE manager_number IS NOT NULL;

-- a leaver's address may be given to somebody else; a unique constraint has no WHERE
ALTER TABLE person DROP CONSTRAINT person_email_is_unique;
ALTER TABLE person ADD CONSTRAINT person_email_is_unique
    EXCLUDE USING btree (email_key WITH =) WHERE (left_at IS NULL) DEFERRABLE INITIALLY IMMEDIATE;

-- migrate: rollback
ALTER TABLE person DROP CONSTRAINT person_email_is_unique;
ALTER TABLE person ADD CONSTRAINT person_email_is_unique
    UNIQUE (email_key) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE person
    DROP COLUMN title, DROP COLUMN manager_number, DROP COLUMN left_at, DROP COLUMN version;
