"""Real failures at random under a bank's load, on a stack of its own; afterwards the databases are held against what
the clients know."""
