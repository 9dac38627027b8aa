"""Learning which songs are alike, and what that is worth."""
