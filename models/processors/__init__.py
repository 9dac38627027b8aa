"""The processors of the chain, one a file: parameters, settings and mathematics."""
