"""Channels that run one of the operator's programs for each message."""
