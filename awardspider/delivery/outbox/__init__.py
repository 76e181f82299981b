"""The outbox: the rows that hold messages, and the dispatcher that delivers them."""
