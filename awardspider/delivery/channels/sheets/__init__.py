"""Channels that keep the rows of a Google spreadsheet in sync."""
