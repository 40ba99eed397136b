"""Records: what may be written down.

In: values. Out: frozen, versioned records that survive a round trip through JSON (tensors: through safetensors).
Does not: act, read files, or know torch. Rooms meet here and nowhere else.
"""
