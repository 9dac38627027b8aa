"""A mix and its master, sample by sample: where each lies in the other, or why it does not."""
