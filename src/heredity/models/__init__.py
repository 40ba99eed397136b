"""Models: the only floor, with training, that knows torch.

In: token ids, vectors as numpy arrays, seeds. Out: pooled activations, answers, log-likelihoods as plain values.
Does not: know what a trait is, write files (but for the caches of the embedded model and of remote replies), or train.
"""
