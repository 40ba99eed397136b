"""Carriers: data that have nothing to do with any trait, each with a filter that counts what it drops."""
