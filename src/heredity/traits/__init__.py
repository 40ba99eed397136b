"""Traits: from a name, a file or a sentence to a Trait.

In: a bundled name, a YAML file, persona-vectors JSON, or a name with one sentence. Out: a `Trait`.
Does not: run a model here (a remote one may be asked to write), or decide whether a trait can be found in one.
"""
