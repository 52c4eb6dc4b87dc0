"""The use cases: what can be done, each a plain function of an open transaction."""
