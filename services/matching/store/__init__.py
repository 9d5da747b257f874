"""All SQL of matching, a module for each table or two."""
