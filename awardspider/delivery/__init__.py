"""Delivery of alerts: messages, the outbox, channels and feeds."""
