"""Meters: fed block by block, they can be asked at any time."""
