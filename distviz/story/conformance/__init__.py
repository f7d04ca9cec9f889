"""Whether a run's log is one that its protocol can write."""
