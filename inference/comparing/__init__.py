"""The model's suggestions beside an engineer's settings: by what both do, and by what is heard."""
