"""The arena: every defence on the same rows, for as many steps, measured alike."""
