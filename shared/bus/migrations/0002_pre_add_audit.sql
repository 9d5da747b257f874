-- who did what, and what became of each dead letter
-- depends: 0001_pre_create_bus

-- migrate: apply
CREATE TABLE bus.audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    details jsonb NOT NULL
);

CREATE INDEX audit_by_object ON bus.audit (object, id);

ALTER TABLE bus.dead_letter
    ADD COLUMN state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'replayed', 'discarded')),
    ADD COLUMN settled_at timestamptz NULL,
    ADD COLUMN settled_by text NULL;

-- migrate: rollback
ALTER TABLE bus.dead_letter DROP COLUMN state, DROP COLUMN settled_at, DROP COLUMN settled_by;
DROP TABLE bus.audit;
