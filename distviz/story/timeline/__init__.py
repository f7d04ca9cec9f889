"""Runs over an axis of real time: what was locked, when money was not accounted for, where the time went."""
