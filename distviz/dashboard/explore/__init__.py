"""`/explore/`: the lab breaks a protocol wherever it can be broken, and the map says how each run ended."""
