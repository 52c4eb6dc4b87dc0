"""The rules: what is true, without clock, chance or network."""
