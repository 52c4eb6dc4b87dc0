"""The wires to Telegram: what is said there comes in, and what the shop says goes out."""
