"""Configuration as data: delivery profiles, statistical priors, JSON schemas."""
