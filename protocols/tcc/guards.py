"""What can be taken out of TCC, for one run: each guard is a primitive, and the page names none."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.guards import INBOX, LATE_ACK, PAYMENT_LOOKUP, SWEEP
from protocols.tcc import branches, record

BARRIER, ONCE, IN_TURN, FIRST_WRITER = "barrier", "confirm_once", "freeze_in_turn", "first_writer"
NO_TOMBSTONE = """
UPDATE tcc_reservations SET status = 'cancelled', updated_at = now()
WHERE tx_id = %(tx)s AND status = 'tried' RETURNING 'tried' AS was, status
"""
CONFIRM_AGAIN = branches.CONFIRM.replace(" AND status = 'tried' RETURNING 'tried' AS was", " RETURNING 'tried' AS was")
NOT_IN_TURN = branches.IN_TURN.replace(" FOR NO KEY UPDATE", "")
DECIDE_AGAIN = record.DECIDE.replace(" AND decision = ''", "")
without(branches.CANCEL, BARRIER, NO_TOMBSTONE)
without(branches.CONFIRM, ONCE, CONFIRM_AGAIN)
without(branches.IN_TURN, IN_TURN, NOT_IN_TURN)
without(record.DECIDE, FIRST_WRITER, DECIDE_AGAIN)

GUARDS = (
    replace(INBOX, beside=(ONCE, PAYMENT_LOOKUP.key)),
    replace(
        PAYMENT_LOOKUP,
        without=_("A second payment of the same withdrawal can be written: its own row does not stop it."),
        beside=(INBOX.key, ONCE),
    ),
    SWEEP,
    LATE_ACK,
    Guard(
        BARRIER,
        _("The barrier: a cancel of a try that has not come leaves a tombstone, and the late try is refused by it."),
        _("A cancel that comes first leaves nothing: a try that was held up freezes money that nobody will set free."),
        branches.cancel,
    ),
    Guard(
        ONCE,
        _("A reservation is confirmed once: it changes from reserved to confirmed in the transaction of the effect."),
        _("A repeated confirm takes effect again. The inbox and the payment's own row would still stop it."),
        branches.confirm,
        beside=(INBOX.key, PAYMENT_LOOKUP.key),
    ),
    Guard(
        IN_TURN,
        _("Tries of one account come one after the other, by a lock on its row, and each sees what is frozen."),
        _("Two withdrawals freeze the same money, because neither sees the other's row; one cannot be confirmed."),
        branches.overdrawn,
    ),
    Guard(
        FIRST_WRITER,
        _("The first decision stands: it is written only where none is, and who comes second follows it."),
        _(
            "Who decides second tells its own decision as well: what was confirmed is cancelled, too. Nothing that was "
            "tried so far makes two deciders disagree; it stays for a sweep beside a coordinator that was only slow."
        ),
        record.decide,
    ),
)
for _guard, _sql in ((CONFIRM_AGAIN, branches.CONFIRM), (NOT_IN_TURN, branches.IN_TURN), (DECIDE_AGAIN, record.DECIDE)):
    assert _guard != _sql
