"""Two-phase commit: all prepare first, then one decision binds all. Atomic, and blocked while there is none."""
