"""The statements of the release before links, as it ran them: some run while it is replaced."""

ENQUEUE = """
    INSERT INTO delivery (id, kind, subject_id, programme_id, participant_id, side, partner_id,
                          reasons, unplaced_reason, correlation_id, causation_id, traceparent)
    SELECT id, kind, subject_id, programme_id, participant_id, side, partner_id, reasons::jsonb,
           unplaced_reason, correlation_id, causation_id, traceparent
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
                $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
        AS d (id, kind, subject_id, programme_id, participant_id, side, partner_id, reasons,
              unplaced_reason, correlation_id, causation_id, traceparent)
    ORDER BY kind, subject_id, participant_id
    ON CONFLICT (kind, subject_id, participant_id) DO NOTHING
    RETURNING id
"""

SETTLE = """
    WITH known AS (
        SELECT d.id, d.kind, d.state,
               ended.pair_id IS NOT NULL AS is_over,
               contact.email IS NOT NULL AND programme.programme_id IS NOT NULL
                   AND (d.partner_id IS NULL OR partners.email IS NOT NULL) AS is_complete
        FROM delivery AS d
        LEFT JOIN ended_pair AS ended ON ended.pair_id = d.subject_id AND d.kind = 'pair-formed'
        LEFT JOIN participant USING (participant_id)
        LEFT JOIN contact USING (person_id)
        LEFT JOIN programme ON programme.programme_id = d.programme_id
        LEFT JOIN participant AS partner ON partner.participant_id = d.partner_id
        LEFT JOIN contact AS partners ON partners.person_id = partner.person_id
        WHERE d.id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
    ), settled AS (
        SELECT id, CASE WHEN is_over THEN 'cancelled' WHEN is_complete THEN 'due'
                        ELSE 'waiting' END AS state
        FROM known
    ), locked AS (
        SELECT d.id, settled.state FROM delivery AS d JOIN settled USING (id)
        WHERE d.state <> settled.state AND d.state IN ('waiting', 'due', 'held')
        ORDER BY d.id FOR NO KEY UPDATE OF d
    )
    UPDATE delivery AS d
    SET state = locked.state,
        finished_at = CASE WHEN locked.state = 'cancelled' THEN $2::timestamptz END
    FROM locked WHERE d.id = locked.id AND d.state IN ('waiting', 'due', 'held')
"""

RESTING_OF_PEOPLE = """
    SELECT d.id FROM participant
    JOIN delivery AS d USING (participant_id)
    WHERE participant.person_id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
    UNION
    SELECT d.id FROM participant
    JOIN delivery AS d ON d.partner_id = participant.participant_id
    WHERE participant.person_id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
"""

RESTING_OF_PARTICIPANTS = """
    SELECT id FROM delivery
    WHERE participant_id = ANY($1) AND state IN ('waiting', 'due', 'held')
    UNION
    SELECT id FROM delivery
    WHERE partner_id = ANY($1) AND state IN ('waiting', 'due', 'held')
"""

WAITING_OF_PROGRAMMES = """
    SELECT id FROM delivery WHERE programme_id = ANY($1) AND state = 'waiting'
"""

RESTING_OF_PAIRS = """
    SELECT id FROM delivery
    WHERE kind = 'pair-formed' AND subject_id = ANY($1) AND state IN ('waiting', 'due', 'held')
"""

WHAT_IS_DUE = """
    SELECT EXISTS (SELECT FROM delivery WHERE state = 'due' AND next_attempt_at <= $1)
               AS deliveries,
           EXISTS (SELECT FROM delivery WHERE state = 'sending' AND lease_until <= $1) AS leases
"""

EXPIRE = """
    UPDATE delivery SET state = 'due', lease = NULL, lease_until = NULL
    WHERE id IN (
        SELECT id FROM delivery WHERE state = 'sending' AND lease_until <= $1
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""

CLAIM = """
    WITH next AS (
        SELECT id FROM delivery WHERE state = 'due' AND next_attempt_at <= $1
        ORDER BY next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE delivery AS d SET state = 'sending', lease = $3, lease_until = $4
        FROM next WHERE d.id = next.id
        RETURNING d.*
    )
    SELECT claimed.id, claimed.kind, claimed.side, claimed.reasons, claimed.unplaced_reason,
           claimed.programme_id, claimed.attempts, claimed.first_attempt_at,
           claimed.correlation_id, claimed.causation_id, claimed.traceparent,
           participant.person_id, participant.locale, participant.department,
           contact.name, contact.email,
           programme.name AS programme, programme.starts_on, programme.ends_on,
           claimed.partner_id, partner.department AS partner_department,
           partners.name AS partner_name
    FROM claimed
    LEFT JOIN participant USING (participant_id)
    LEFT JOIN contact USING (person_id)
    LEFT JOIN programme ON programme.programme_id = claimed.programme_id
    LEFT JOIN participant AS partner ON partner.participant_id = claimed.partner_id
    LEFT JOIN contact AS partners ON partners.person_id = partner.person_id
"""

RECORD = """
    UPDATE delivery AS d
    SET state = r.state,
        attempts = d.attempts + r.tried::int,
        first_attempt_at =
            CASE WHEN r.tried THEN coalesce(d.first_attempt_at, $6) ELSE d.first_attempt_at END,
        next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at),
        failure = r.failure,
        finished_at = CASE WHEN r.state IN ('sent', 'failed') THEN $7::timestamptz END,
        lease = NULL,
        lease_until = NULL
    FROM unnest($1::uuid[], $2::text[], $3::bool[], $4::timestamptz[], $5::text[])
        AS r (id, state, tried, next_attempt_at, failure)
    WHERE d.id = r.id AND d.lease = $8
    RETURNING d.id
"""
