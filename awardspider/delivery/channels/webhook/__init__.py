"""Channels that send signed HTTP requests to Make, Zapier and other programs."""
