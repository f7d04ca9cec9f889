"""What can be taken out of two-phase commit, for one run: each guard is a primitive, and the page names none."""

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.two_phase import log

FIRST_WRITER = "first_writer"
# Who comes second believes that it has decided.
DECIDE_AGAIN = log.DECIDE.replace("DO NOTHING RETURNING decision", "DO UPDATE SET ended_at = NULL RETURNING decision")
assert DECIDE_AGAIN != log.DECIDE
without(log.DECIDE, FIRST_WRITER, DECIDE_AGAIN)

GUARDS = (
    Guard(
        FIRST_WRITER,
        _("The first decision stands: its primary key refuses a second one, and who is second follows it."),
        _(
            "Who decides second tells its own decision as well. No single failure of the explorer makes two deciders "
            "meet, for votes are counted one after the other and a dead coordinator's decision is read before another "
            "is made; it stays for a recovery that decides beside a coordinator that was only slow."
        ),
        log.decide,
    ),
)
