"""The wires to a WeChat Official Account."""
