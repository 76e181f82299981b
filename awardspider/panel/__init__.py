"""The web panel: pages, an API and feeds over the same database as the crawls."""
