"""How a try ends, as the databases tell it: the statuses and verdicts of a run are held against their rows."""

KEPT = "kept"  # taken once and paid once
DECLINED = "declined"  # nothing was taken, and nothing paid
MADE_GOOD = "made_good"  # taken, and given back
SETTLED = "settled"  # it was in doubt for longer than it takes, and was settled as one of those above
PERSON = "person"  # nothing moves before a person decides; then it ended as one of those above
BROKEN = "broken"  # the money is right, and something else is not: a record, or what the customer was told
LOST = "lost"  # taken and not paid, paid and not taken, or more than there was
UNKNOWN = "unknown"  # it had not ended in time: nothing is known of it

ENDS = (KEPT, DECLINED, MADE_GOOD, SETTLED, PERSON, BROKEN, LOST, UNKNOWN)
BAD = frozenset({LOST, BROKEN})

# Where the money is at a good end: beneath what it took to come there.
PAID, NOTHING, BACK = "paid", "nothing", "back"
