"""All SQL of checkins, a module for each part of its tables."""
