"""Watches, and the plan of searches that follows from them."""
