"""What a score of rows is worth, beside what training does."""
