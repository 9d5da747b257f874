-- HR systems push people by SCIM: the tokens they come with
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

-- migrate: rollback
DROP TABLE scim_token;
