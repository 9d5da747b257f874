-- what the probe has seen
-- depends:

-- migrate: apply
CREATE TABLE effect (
    subject text PRIMARY KEY,
    sequence bigint NOT NULL,
    capacity integer NOT NULL,
    times integer NOT NULL
);
-- migrate: rollback
DROP TABLE effect;
