"""Hand-off: messages for outlets without an API, which a person posts by hand."""
