"""The memory: what is remembered, and how it is kept whole."""
