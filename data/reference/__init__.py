"""Reference corpora: what finished music sounds like, and which of it is like a mix."""
