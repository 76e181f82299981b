"""Signed HTTP requests: Make, Zapier and others."""
