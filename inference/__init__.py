"""What a person runs: analyze, predict, render, check, report."""
