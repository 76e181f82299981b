"""The outbox: rows that contain messages, and the dispatcher that delivers them."""
