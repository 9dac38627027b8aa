"""How far a delivered file is from its target, and what harm it may have done."""
