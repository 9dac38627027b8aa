"""What is told to a person, and to a machine."""
