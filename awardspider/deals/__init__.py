"""Deals: baselines and classes of prices, the value of points, the order of offers, and the alert rules."""
