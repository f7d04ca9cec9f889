"""When event sourcing fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Reason

ADVICE = (
    Reason("audit", YES, 6, _("Only facts are stored; any balance of the past is a replay."), "stale-read"),
    Reason("audit", NO, -2, _("Harder to write and to query, and nobody asks for the history."), "stale-read"),
    Reason("fresh", YES, -3, _("What is read is a little behind what is stored."), "stale-read"),
    Reason("block", NO, 1, _("Appending blocks nobody."), "stale-read"),
    Reason("one_db", YES, -1, _("A table of balances would do."), "one-or-many"),
)
