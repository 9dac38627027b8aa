"""The benchmark's suites: which songs become which tasks."""
