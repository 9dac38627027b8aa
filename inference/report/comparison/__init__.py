"""A comparison of model and human, told: on a terminal, as a page, and for machines."""
