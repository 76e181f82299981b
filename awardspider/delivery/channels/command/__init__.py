"""Run a program of the operator for each message."""
