"""All SQL of notifications, a module for each part of its tables."""
