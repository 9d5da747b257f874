"""Intake over HTTP, a module per kind of thing."""
