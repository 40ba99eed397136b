"""Preferences for agreement, on the embedded model."""
