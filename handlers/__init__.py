"""Door 1, chat: what a person can say, on any platform."""
