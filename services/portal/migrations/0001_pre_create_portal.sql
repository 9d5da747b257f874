-- sign-ins, sessions, and how often somebody tries
-- depends:

-- migrate: apply
-- Cookies and tokens are kept as SHA-256 sums: who reads the tables can't become somebody else.
CREATE TABLE sign_in (
    sign_in_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    browser bytea NOT NULL,
    next_page text NOT NULL,
    asked_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE used_token (
    token_id text PRIMARY KEY,
    used_at timestamptz NOT NULL
);

CREATE TABLE session (
    cookie bytea PRIMARY KEY,
    subject text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    begun_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);

CREATE INDEX session_of_subject ON session (subject);

CREATE TABLE attempt (
    source bytea NOT NULL,
    tried_at timestamptz NOT NULL
);

CREATE INDEX attempt_by_source ON attempt (source, tried_at);
CREATE INDEX attempt_by_time ON attempt (tried_at);

-- migrate: rollback
DROP TABLE attempt, session, used_token, sign_in;
