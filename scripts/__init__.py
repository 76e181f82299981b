"""Generators of documentation and fixtures."""
