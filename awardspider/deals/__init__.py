"""Matching of offers with watches, and the alert events of matching offers."""
