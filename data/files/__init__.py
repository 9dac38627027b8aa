"""Files: containers, codecs, tags, and what can be wrong with them."""
