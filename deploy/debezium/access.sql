-- What Debezium needs in a service's database, run there once by PostgreSQL's administrator.
-- {service} stands for the service's name. The role's password is set apart, so that it is in no
-- file: ALTER ROLE … PASSWORD.
CREATE ROLE tandem_{service}_debezium LOGIN REPLICATION;
GRANT CONNECT ON DATABASE tandem_{service} TO tandem_{service}_debezium;
GRANT USAGE ON SCHEMA bus TO tandem_{service}_debezium;
GRANT SELECT ON bus.outbox TO tandem_{service}_debezium;
CREATE PUBLICATION tandem_outbox FOR TABLE bus.outbox WITH (publish = 'insert');
