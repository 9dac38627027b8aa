"""Learning to master: examples as pure functions of counters, pairs, the engine and its records."""
