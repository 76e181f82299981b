"""Accounts of the panel: sign-in, sessions, tokens, and protection against forged requests."""
