-- who has signed up and waits needs to hear no more of a programme either
-- depends: 0005_pre_campaigns 0006_pre_questionnaires

-- migrate: apply
CREATE OR REPLACE VIEW answer AS
    SELECT programme_id, person_id FROM participant
    UNION ALL SELECT programme_id, person_id FROM declined
    UNION ALL SELECT programme_id, person_id FROM sign_up WHERE waiting_since IS NOT NULL;

CREATE INDEX sign_up_of_who_waits ON sign_up (person_id) WHERE waiting_since IS NOT NULL;

-- migrate: rollback
DROP INDEX sign_up_of_who_waits;
CREATE OR REPLACE VIEW answer AS
    SELECT programme_id, person_id FROM participant
    UNION ALL SELECT programme_id, person_id FROM declined;
