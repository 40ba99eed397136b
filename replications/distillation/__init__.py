"""Ordinary distillation of a skill, and what comes along with it."""
