"""Door 3, the clock: what happens by itself."""
