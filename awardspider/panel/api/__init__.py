"""The parts of the panel for programs: the API, exports, feeds, health and metrics."""
