"""Exports of the database as a star schema, in CSV, JSON lines or Parquet."""
