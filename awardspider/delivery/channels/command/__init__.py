"""Channels that run a program of the operator for each message."""
