"""Store: what lies on disk.

In: paths, records. Out: corpora, vectors and records read back; files that are whole or absent.
Does not: know torch, run a model, or read outside the folders it was given.
"""
