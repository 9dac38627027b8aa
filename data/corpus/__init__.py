"""Corpora: where music comes from, what belongs together, and what is kept of it."""
