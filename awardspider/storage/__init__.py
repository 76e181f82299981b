"""The database and the response archive."""
