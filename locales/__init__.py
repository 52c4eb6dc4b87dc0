"""The words: one message and one language in, one text out."""
