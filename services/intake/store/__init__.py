"""All SQL of intake, a module per table."""
