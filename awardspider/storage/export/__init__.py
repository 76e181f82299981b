"""The database for tools that count and draw: a star of facts and dimensions, as CSV, JSON lines or Parquet."""
