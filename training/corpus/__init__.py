"""What a corpus needs of libraries that only learning has: tempo and structure."""
