"""The outbox: rows of messages, and the dispatcher that delivers them."""
