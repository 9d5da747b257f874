-- deliveries are claimed in the order of delivery_next
-- depends: 0002_pre_add_links

-- migrate: apply
DROP INDEX delivery_due;

-- migrate: rollback
CREATE INDEX delivery_due ON delivery (next_attempt_at, id) WHERE state = 'due';
