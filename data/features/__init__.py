"""Frames of the mel grid and statistics of a stream, without torch."""
