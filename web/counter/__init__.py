"""The page of whoever serves at the counter, and every call it makes."""
