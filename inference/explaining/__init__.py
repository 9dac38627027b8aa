"""Why a master is as it is, move by move, in words for an artist, a producer or an engineer."""
