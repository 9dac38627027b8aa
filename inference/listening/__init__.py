"""Blind listening tests: versions of one piece of music, equally loud, names hidden."""
