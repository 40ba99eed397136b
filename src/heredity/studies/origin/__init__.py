"""Rows of unknown origin, traced to who wrote them."""
