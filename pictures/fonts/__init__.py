"""The letters in every picture: our own cut of Noto Sans SC, regular and bold, and the command that makes it."""
