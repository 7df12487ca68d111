"""One pandera class per source table, grouped by subject."""
