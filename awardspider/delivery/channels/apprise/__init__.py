"""Channels to the services that Apprise supports."""
