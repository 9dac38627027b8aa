"""How a model and an engineer agree over a catalogue: where they differ, and how surely."""
