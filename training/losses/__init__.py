"""What learning makes small: distances of sound, surprise at known quantities, needless moves."""
