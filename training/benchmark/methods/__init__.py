"""What the benchmark compares: every way of making a master that it knows, behind one contract."""
