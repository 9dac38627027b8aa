"""What a person sees of a benchmark: a table in the terminal and one HTML page with figures."""
