"""The parts of the song generator: what is played, and how each instrument sounds."""
