"""The Alembic migrations, which `storage.engines` runs."""
