"""Offers and watches: which offers match a watch, and which of them are worth an alert."""
