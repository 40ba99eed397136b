"""Traits: from a name or a file to a Trait.

In: a bundled name, or a YAML file. Out: a `Trait`.
Does not: run a model, or decide whether a trait can be found in one.
"""
