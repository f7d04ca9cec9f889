"""When event sourcing fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("audit", YES, 6, _("Only events are stored; any past balance is a replay."), "stale-read"),
    Argument("audit", NO, -2, _("Harder to write and to query, and the history is not needed."), "stale-read"),
    Argument("fresh", YES, -3, _("Reads lag a little behind the store."), "stale-read"),
    Argument("block", NO, 1, _("Appending blocks nothing."), "stale-read"),
    Argument("one_db", YES, -1, _("A table of balances is enough."), "one-or-many"),
)
