"""What programs read from the panel: the API, exports, feeds, health and metrics."""
