"""Which defence takes a trait out of the embedded model, and at what cost."""
