"""Who scores the shards of a file."""
