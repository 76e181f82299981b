"""The pretend outside: a world of flights and award space, and servers that answer as the real sites do.

It may lean on `items` and `programs` only, never on spiders or readers: it has to be able to prove them wrong.
"""
