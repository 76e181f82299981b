"""Monitor of airline websites and loyalty programs for award fares and promotions with miles."""

__version__ = "0.1.0"
