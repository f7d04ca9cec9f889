"""Three local transactions, of which the first one tells of itself before it has committed."""
