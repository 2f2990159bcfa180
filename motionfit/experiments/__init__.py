"""Comparisons of methods and settings over several seeds, and the tables of them."""
