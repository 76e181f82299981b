"""How a decided alert gets out: the outbox now; the dispatcher, rendering and channels find their place here."""
