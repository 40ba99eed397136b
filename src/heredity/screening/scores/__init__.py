"""Scores of rows, a file each, and the table of them."""
