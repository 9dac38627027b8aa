"""Agreement over a catalogue, told: on a terminal, as a page, and for machines."""
