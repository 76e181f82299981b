"""From a decided alert to a delivered message: enqueue rows, then dispatch them."""
