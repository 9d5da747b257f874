"""All SQL of the spine. Tables live in the schema `bus` of each service's own database."""
