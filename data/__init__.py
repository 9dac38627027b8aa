"""Audio in and out, meters, features and corpora.

A track is ``(channel, time)``, float32 at the file boundary; full scale is ±1.
"""
