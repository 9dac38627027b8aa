"""What a studio does otherwise than the base model, over its songs and over the years."""
