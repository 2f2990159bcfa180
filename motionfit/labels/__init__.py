"""From dense features to pseudo-labels."""
