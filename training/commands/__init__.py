"""Commands that need what learning needs; see the entry-point group ``glassmaster.commands``."""
