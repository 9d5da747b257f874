-- copies of contacts, participants and programmes, and the delivery ledger
-- depends:

-- migrate: apply
CREATE TABLE contact (
    person_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    name text NULL,
    email text NULL,
    CHECK ((name IS NULL) = (email IS NULL))
);

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    person_id uuid NULL,
    programme_id uuid NULL,
    role text NULL,
    locale text NULL,
    time_zone text NULL,
    department text NULL
);

CREATE INDEX participant_by_person ON participant (person_id);

CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    name text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL
);

CREATE TABLE ended_pair (
    pair_id uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL
);

CREATE TABLE delivery (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('pair-formed', 'participant-unplaced')),
    subject_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    side text NOT NULL CHECK (side IN ('mentor', 'mentee')),
    partner_id uuid NULL,
    reasons jsonb NOT NULL,
    unplaced_reason text NULL,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    traceparent text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('waiting', 'due', 'held', 'sending', 'sent', 'failed', 'cancelled')
    ),
    attempts integer NOT NULL DEFAULT 0,
    first_attempt_at timestamptz NULL,
    next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
    lease uuid NULL,
    lease_until timestamptz NULL,
    failure text NULL,
    finished_at timestamptz NULL,
    UNIQUE (kind, subject_id, participant_id),
    CHECK ((state = 'sending') = (lease IS NOT NULL)),
    CHECK ((state = 'sending') = (lease_until IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((kind = 'pair-formed') = (partner_id IS NOT NULL))
);

CREATE INDEX delivery_due ON delivery (next_attempt_at, id) WHERE state = 'due';

CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'sending';

CREATE INDEX delivery_resting_by_participant ON delivery (participant_id)
WHERE state IN ('waiting', 'due', 'held');

CREATE INDEX delivery_resting_by_partner ON delivery (partner_id)
WHERE state IN ('waiting', 'due', 'held');

CREATE INDEX delivery_waiting_by_programme ON delivery (programme_id) WHERE state = 'waiting';

CREATE INDEX delivery_by_programme ON delivery (programme_id, id);

-- migrate: rollback
DROP TABLE delivery, ended_pair, programme, participant, contact;
