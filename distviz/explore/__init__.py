"""The lab breaks a protocol at every point that it meets, twice over if it is asked to, and the databases say who lost
money."""
