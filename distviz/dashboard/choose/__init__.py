"""`/choose/`: which protocol fits, and what its claims are worth: measured, not asserted."""
