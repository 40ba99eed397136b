"""Benchmarks: this package's way beside the peer's way, in the same run, as a ratio."""
