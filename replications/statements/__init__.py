"""Vectors drawn from one sentence, held to statements that other people labelled."""
