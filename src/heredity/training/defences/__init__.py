"""Defences: what keeps a student from learning a trait while it learns the rest."""
