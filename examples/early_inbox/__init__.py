"""A saga of which the second step is noted as done before it is."""
