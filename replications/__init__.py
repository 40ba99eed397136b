"""Published claims, run again on real models; each writes its figures beside its code."""
