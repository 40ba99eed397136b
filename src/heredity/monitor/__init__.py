"""Monitoring: which trait shows, at which token, and is that more than benign speech shows?

In: conversations (finished, or being spoken), trait vectors, the model they were read from. Out: a `Panel` of
calibrated probes, a `MonitorReport`, a `ShiftReport`.
Does not: stop or change what the model says, or decide what a trait is.
"""
