"""The chain for learning: exact at the audio rate, and its spectral twin.

Audio has the shape ``(batch, channel, time)``, full scale ±1; parameters are ``(batch,)``.
"""
