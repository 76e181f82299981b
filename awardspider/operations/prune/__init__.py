"""Removal of data beyond its retention, in small transactions; docs/upkeep.md has the rule of each table."""
