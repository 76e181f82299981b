"""Monitor of airline sites and loyalty programs for award flights and mileage promotions."""

__version__ = "0.1.0"
