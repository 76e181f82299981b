"""A simulated world with airline sites and services, for demos and tests.

It imports `items`, `airports`, `programs` and `outcomes`, but never spiders, crawling or parsers, so that it can expose
errors in them.
"""
