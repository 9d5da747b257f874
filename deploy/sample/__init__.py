"""A sample company: invented people, a programme, and who takes part in it."""
