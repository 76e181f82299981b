"""The versions of the schema, for Alembic; `storage.engines` runs them."""
