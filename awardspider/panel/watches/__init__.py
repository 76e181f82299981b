"""Watches in the panel: their form, words and YAML, what they would find, what they cost, and what they sent."""
