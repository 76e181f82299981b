"""The configuration of all logs, the fields of a run in them, and the masking of secrets."""
