"""Finding what was done: from a mix and its master back to moves or settings."""
