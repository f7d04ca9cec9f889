"""One ACID transaction in one database: the answer to everything, for as long as there is one database."""
