"""Settings that a person wrote by hand or took from other programs, see `reading`."""
