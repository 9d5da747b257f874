-- programmes, candidates, match runs with their proposals, and pairs
-- depends:

-- migrate: apply
CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    state text NOT NULL,
    weights jsonb NOT NULL,
    published_runs integer NOT NULL DEFAULT 0
);

-- A row begins with whichever is heard of first, the registration or the withdrawal.
CREATE TABLE candidate (
    participant_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL,
    person_id uuid NOT NULL,
    registered_sequence bigint NOT NULL DEFAULT 0,
    withdrawn_sequence bigint NOT NULL DEFAULT 0,
    role text,
    capacity integer,
    profile jsonb,
    active boolean GENERATED ALWAYS AS (registered_sequence > withdrawn_sequence) STORED,
    CHECK ((registered_sequence = 0) = (profile IS NULL))
);
CREATE INDEX candidate_active ON candidate (programme_id, participant_id) WHERE active;

CREATE TABLE match_run (
    run_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL REFERENCES programme,
    state text NOT NULL
        CHECK (state IN ('queued', 'running', 'proposed', 'published', 'failed')),
    requested_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    lease uuid,
    leased_until timestamptz,
    published_runs_seen integer,
    mentees integer,
    mentors integer,
    places integer,
    placed integer,
    unplaced integer,
    total_points bigint,
    optimal boolean,
    proposed_at timestamptz,
    published_at timestamptz,
    formed integer,
    told_unplaced integer,
    left_out integer,
    failure text
);
CREATE INDEX match_run_open ON match_run (run_id) WHERE state IN ('queued', 'running');

CREATE TABLE pair (
    pair_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL,
    run_id uuid NOT NULL REFERENCES match_run,
    mentor_id uuid NOT NULL REFERENCES candidate,
    mentee_id uuid NOT NULL REFERENCES candidate,
    mentor_sequence bigint NOT NULL,
    mentee_sequence bigint NOT NULL,
    points integer NOT NULL,
    reasons jsonb NOT NULL,
    formed_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('withdrawn', 'coordinator', 'complete')),
    CHECK (mentor_id <> mentee_id),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX pair_open_of_mentee ON pair (mentee_id) WHERE ended_at IS NULL;
CREATE INDEX pair_open_of_mentor ON pair (mentor_id) WHERE ended_at IS NULL;
CREATE INDEX pair_of_programme ON pair (programme_id, pair_id);

CREATE TABLE proposed_pair (
    run_id uuid NOT NULL REFERENCES match_run,
    mentee_id uuid NOT NULL,
    mentor_id uuid NOT NULL,
    points integer NOT NULL,
    reasons jsonb NOT NULL,
    pair_id uuid REFERENCES pair,
    PRIMARY KEY (run_id, mentee_id)
);

CREATE TABLE unplaced_mentee (
    run_id uuid NOT NULL REFERENCES match_run,
    mentee_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('no-place-left', 'no-suitable-partner')),
    PRIMARY KEY (run_id, mentee_id)
);
-- migrate: rollback
DROP TABLE unplaced_mentee;
DROP TABLE proposed_pair;
DROP TABLE pair;
DROP TABLE match_run;
DROP TABLE candidate;
DROP TABLE programme;
