"""Three local transactions, of which the second one is noted as done before it is."""
