-- who coordinates
-- depends: 0001_pre_create_intake

-- migrate: apply
CREATE TABLE coordinator (
    person_id uuid PRIMARY KEY REFERENCES person,
    since timestamptz NOT NULL
);

-- migrate: rollback
DROP TABLE coordinator;
