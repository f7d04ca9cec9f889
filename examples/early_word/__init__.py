"""A saga of which the first step tells of itself before it has committed."""
