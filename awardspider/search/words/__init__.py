"""Wishes in plain language: English, Portuguese and Spanish text becomes a watch, or a clarifying question."""
