"""A saga whose refund has no barrier."""
