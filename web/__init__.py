"""Door 2, HTTP: the till, the staff scanner and the live card."""
