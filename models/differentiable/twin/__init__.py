"""The spectral twin: the chain's settings applied to mel frames instead of audio."""
