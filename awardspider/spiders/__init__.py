"""Spiders: one module per program."""
