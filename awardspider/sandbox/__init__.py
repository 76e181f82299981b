"""A simulated world, airline sites and services, for demos and tests.

It imports `items`, `airports`, `programs` and `outcomes`, never spiders, crawling or parsers, so that it can prove them
wrong.
"""
