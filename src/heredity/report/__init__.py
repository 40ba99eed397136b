"""The report: one audit as a page that a person can read, and its figures.

In: an AuditReport. Out: one self-contained HTML page that asks nothing of the network, and every figure as PNG and SVG.
Does not: compute a result; what it shows stands in the record, and what it says is decided by rules on the record.
"""
