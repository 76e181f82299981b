"""Scripts that generate documentation."""
