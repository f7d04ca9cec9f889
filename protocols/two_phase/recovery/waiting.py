"""Waiting for a row that another withdrawal has prepared: its holder is written down, and finished if decided."""

from contextlib import suppress

from django.conf import settings

from distviz.codes import LOCK_TIMEOUT, Reason
from distviz.errors import Transient
from distviz.services import holders, prepared, prepared_now
from distviz.services.places import Place
from distviz.trace import context, steps
from distviz.trace.models import Run
from protocols.two_phase import log
from protocols.two_phase.recovery import clocks
from protocols.two_phase.recovery.markers import BrokenPromise

_ROW = "protocol = 'two_phase' AND name = %(name)s"


@prepared.while_locked
def wait(place: Place, tx_id: str, polls: int, ms: float) -> None:
    """Raises Transient once the wait has lasted as long as a wait for a lock may last."""
    account = Run.objects.values_list("account", flat=True).get(pk=tx_id)
    holder = _holder(place, tx_id, account)
    if not _finish_if_decided(place, holder) and ms > settings.LOCK_TIMEOUT_MS:
        raise Transient(LOCK_TIMEOUT, why=_who(holder, _stranger(place, holder, account), account))
    if polls == 1:
        steps.waits_for(f"accounts/{account}", holder, settings.LOCK_TIMEOUT_MS, _stranger(place, holder, account))


def _holder(place: Place, tx_id: str, account: str) -> str:
    """The withdrawal from the same account that is prepared here, or "" if something else holds the row."""
    others = {other for name in prepared_now.names(place, 0) if (other := prepared.tx_of(name)) and other != tx_id}
    holder = Run.objects.filter(pk__in=others, protocol="two_phase", account=account).first()
    return str(holder.pk) if holder else ""


def _finish_if_decided(place: Place, holder: str) -> bool:
    """Who waits for a row whose holder is decided finishes it on the spot: the order to do so may be queued behind us.

    Not if that run is held, or if it is undecided: then there is nothing to do but wait.
    """
    decision = log.decision_on(holder) if holder else None
    now = clocks.clock(holder) if decision else None
    if decision is None or now is None or now.paused or now.backing_off:
        return False
    # Another process may be doing it at this moment, or may have to ask for manual action: this is not our run.
    with context.handling(context.Delivery(holder)), suppress(Transient, BrokenPromise):
        (prepared.commit_prepared if decision.commits else prepared.rollback_prepared)(place, holder)
    return True


def _stranger(place: Place, holder: str, account: str) -> str:
    """The prepared transaction that holds the row and is none of our runs', or ""."""
    return "" if holder else holders.of_row(place.alias, "accounts", _ROW, {"name": account})


def _who(holder: str, gid: str, account: str) -> Reason:
    if holder:
        return Reason.of("row_is_prepared", run=holder, account=account)
    return Reason.of("held_by_prepared", gid=gid) if gid else Reason.of("row_is_locked", account=account)
