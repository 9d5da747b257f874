-- pairs are asked for by person
-- depends: 0001_pre_create_matching

-- migrate: apply
CREATE INDEX candidate_of_person ON candidate (person_id);
CREATE INDEX pair_of_mentor ON pair (mentor_id);
CREATE INDEX pair_of_mentee ON pair (mentee_id);

-- migrate: rollback
DROP INDEX candidate_of_person, pair_of_mentor, pair_of_mentee;
