"""What the product costs, as ratios to a floor in the same run: ``make bench``."""
