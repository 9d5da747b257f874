"""`tandem demo`: a quarter of the sample company, lived in minutes and told as it happens."""
