"""Statistics of this field: estimates that carry what they rest on, intervals, nulls, power.

In: numpy arrays, seeds. Out: `Estimate` and plain numbers.
Does not: know about models, traits or files; draw chance from anywhere but its `seed`.
"""
