"""The services we write to (sheets, messages, webhooks), pretended: one module each."""
