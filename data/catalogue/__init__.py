"""A studio's own mixes and masters: found, measured, paired, and kept."""
