"""The engine that all spiders share: searches, responses, auth, quota, control search and browser."""
