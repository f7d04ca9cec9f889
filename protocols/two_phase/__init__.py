"""Two-phase commit: everyone promises first, then one decision binds all. Atomic, and blocked while nobody decides."""
