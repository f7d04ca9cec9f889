"""What can be taken out of two-phase commit, for one run: each guard is a primitive, and the page names none."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from distviz.services import prepared
from distviz.trace import quiet
from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.guards import LATE_ACK, SWEEP
from protocols.two_phase import log
from protocols.two_phase.recovery import markers, passes

FIRST_WRITER, IN_TURN = "first_writer", "votes_in_turn"
# Who comes second believes that it has decided.
DECIDE_AGAIN = log.DECIDE.replace("DO NOTHING RETURNING decision", "DO UPDATE SET ended_at = NULL RETURNING decision")
assert DECIDE_AGAIN != log.DECIDE
without(log.DECIDE, FIRST_WRITER, DECIDE_AGAIN)
without(log.IN_TURN, IN_TURN, log.PARTICIPANTS)

GUARDS = (
    replace(
        SWEEP,
        without=_("A message that is lost is lost for good. Presumed abort still ends what was promised."),
        beside=(passes.GUARD,),
    ),
    replace(LATE_ACK, beside=(quiet.GUARD, passes.GUARD)),
    Guard(
        FIRST_WRITER,
        _("The first decision stands: its primary key refuses a second one, and who is second follows it."),
        _(
            "Who decides second tells its own decision as well. No single failure of the explorer makes two deciders "
            "meet, for votes are counted one after the other and a dead coordinator's decision is read before another "
            "is made; it stays for a recovery that decides beside a coordinator that was only slow."
        ),
        log.decide,
        beside=(IN_TURN,),
    ),
    Guard(
        passes.GUARD,
        _("Presumed abort: what nobody has decided and nobody will decide is an ABORT."),
        _(
            "The coordinator is gone, the participants have promised: their rows stay locked until a person decides. "
            "As long as what was lost is asked for again, nobody has to presume anything."
        ),
        passes.decide_abandoned,
        beside=(quiet.GUARD,),
    ),
    Guard(
        IN_TURN,
        _("Votes are counted one after the other, by a lock on the rows of the participants, always in one order."),
        _(
            "Two votes are counted at once, neither sees the other, and nobody finds that all have said yes. What asks "
            "again later repairs it, so nothing of the explorer's ends badly; it stays so that nobody waits for that."
        ),
        log.keep,
        beside=(passes.GUARD,),
    ),
    Guard(
        prepared.TAG_GUARD,
        _("PREPARE is believed by its command tag: a transaction that had failed answers ROLLBACK, and no error."),
        _(
            "A no is counted as a yes. A step whose statement fails says so itself, so no failure of the explorer "
            "comes here; it stays for a failure that is caught inside of the transaction."
        ),
        prepared.prepared,
        beside=(markers.GUARD,),
    ),
    Guard(
        markers.GUARD,
        _("Marker row: written in the prepared transaction, it proves afterwards that it was committed."),
        _(
            "What is gone is taken for committed, although somebody has rolled it back. Only a hand on the server does "
            "that, and no failure of the explorer; it stays for that hand."
        ),
        markers.check,
        beside=(prepared.TAG_GUARD,),
    ),
)
