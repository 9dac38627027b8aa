"""Weights of songs by how near they are to commercial masters."""
