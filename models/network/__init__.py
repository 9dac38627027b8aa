"""The network that decides, and the statistics it looks at, in torch."""
