"""The wires: the only code that knows Telegram, WeChat, settings and the command line."""
