"""Messengers and mail through Apprise."""
