"""`tandem up`: the whole of Tandem on one machine, started, watched and stopped together."""
