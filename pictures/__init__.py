"""The pictures: cards and charts drawn, codes read from photos."""
