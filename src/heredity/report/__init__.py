"""The report: an audit, readings, leakage, a transmission study or a cascade as a page that a person can read.

In: an AuditReport, MonitorReport, LeakageReport, TransmissionReport or CascadeReport. Out: one self-contained HTML page
that asks nothing of the network; of an audit, every figure as PNG and SVG too.
Does not: decide a result; what it shows stands in the record, and what it says is decided by rules on the record.
"""
