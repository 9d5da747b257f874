-- copies of programmes, participants and pairs; agreements, turns, check-ins and sessions
-- depends:

-- migrate: apply
-- A row with sequence 0 stands for what was named and has not been heard of yet.
CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    starts_on date,
    ends_on date,
    every_months smallint,
    weekday smallint,
    hour smallint,
    CHECK ((sequence = 0) = (starts_on IS NULL))
);

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    person_id uuid,
    time_zone text
);

CREATE INDEX participant_of_person ON participant (person_id);

-- An end that is heard of before the beginning leaves a row without formed_at.
CREATE TABLE pair (
    pair_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL,
    mentor_id uuid NOT NULL,
    mentee_id uuid NOT NULL,
    formed_at timestamptz,
    ended_at timestamptz,
    begun_at timestamptz
);

CREATE INDEX pair_to_begin_of_programme ON pair (programme_id)
WHERE begun_at IS NULL AND ended_at IS NULL;
CREATE INDEX pair_of_mentor ON pair (mentor_id) WHERE ended_at IS NULL;
CREATE INDEX pair_of_mentee ON pair (mentee_id) WHERE ended_at IS NULL;

CREATE TABLE agreement (
    agreement_id uuid PRIMARY KEY,
    pair_id uuid NOT NULL UNIQUE REFERENCES pair,
    cadence text NOT NULL,
    channels text[] NOT NULL,
    expected_end date NOT NULL,
    may_outlive_programme boolean NOT NULL,
    programme_id uuid NOT NULL,
    origin text NOT NULL CHECK (origin IN ('default', 'partners')),
    made_at timestamptz NOT NULL
);

CREATE INDEX agreement_by_default ON agreement (programme_id, expected_end)
WHERE origin = 'default';

-- Programmes whose end has moved, as long as default agreements have yet to follow it.
CREATE TABLE moved_end (
    programme_id uuid PRIMARY KEY REFERENCES programme,
    ends_on date NOT NULL
);

-- A programme's calendar: each round as the wall clock's time in a zone, the instant it makes,
-- and the instant from which nobody is asked for it any more. A round is a month, 12 a year.
CREATE TABLE moment (
    programme_id uuid NOT NULL REFERENCES programme,
    time_zone text NOT NULL,
    round smallint NOT NULL,
    local_at timestamp NOT NULL,
    due_at timestamptz NOT NULL,
    asked_until timestamptz NOT NULL,
    PRIMARY KEY (programme_id, time_zone, round)
);

-- When a partner is asked next: at a moment of the calendar. Without due_at there is no next one;
-- a pair that has ended has no turns.
CREATE TABLE turn (
    pair_id uuid NOT NULL REFERENCES pair,
    participant_id uuid NOT NULL,
    side text NOT NULL CHECK (side IN ('mentor', 'mentee')),
    partner_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    formed_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    last_round smallint NOT NULL DEFAULT -1,
    next_round smallint,
    due_at timestamptz,
    PRIMARY KEY (pair_id, participant_id),
    CHECK ((due_at IS NULL) = (next_round IS NULL))
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02
);

CREATE INDEX turn_due ON turn (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX turn_of_participant ON turn (participant_id);
CREATE INDEX turn_of_programme ON turn (programme_id);

CREATE TABLE checkin (
    checkin_id uuid PRIMARY KEY,
    pair_id uuid NOT NULL REFERENCES pair,
    programme_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    round smallint NOT NULL,
    due_at timestamptz NOT NULL,
    announced_at timestamptz NOT NULL,
    answered_at timestamptz,
    lesson text,
    goal text,
    goal_rating smallint CHECK (goal_rating BETWEEN 1 AND 5),
    met boolean,
    session_id uuid,
    UNIQUE (pair_id, participant_id, round),
    CHECK (answered_at IS NULL OR (lesson IS NOT NULL AND goal IS NOT NULL))
);

CREATE INDEX checkin_of_participant ON checkin (participant_id, round);
CREATE INDEX checkin_of_programme ON checkin (programme_id, checkin_id);
CREATE INDEX checkin_of_round ON checkin (programme_id, round, checkin_id);

CREATE TABLE session (
    session_id uuid PRIMARY KEY,
    pair_id uuid NOT NULL REFERENCES pair,
    programme_id uuid NOT NULL,
    round smallint NOT NULL,
    UNIQUE (pair_id, round)
);

CREATE TABLE session_rating (
    session_id uuid NOT NULL REFERENCES session,
    participant_id uuid NOT NULL,
    rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    rated_at timestamptz NOT NULL,
    given bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (session_id, participant_id)
);

-- migrate: rollback
DROP TABLE session_rating, session, checkin, turn, moment, moved_end, agreement, pair, participant, programme;
