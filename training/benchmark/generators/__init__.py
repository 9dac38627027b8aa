"""What makes the benchmark's tasks: degradations, styles, faults; pure functions of a seed."""
