"""Watches, and the searches that are planned from them."""
