"""Ground: what every floor stands on.

In: plain values. Out: errors, digests, seeds, whole files, settings, progress.
Does not: import anything outside the standard library, or know what a trait is.
"""
