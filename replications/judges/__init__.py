"""Judges compared on the bundled traits."""
