"""What forcing a transaction in doubt would do: each store's rows now, after a COMMIT, and after a ROLLBACK.

Now is what the databases answer. After a COMMIT is what the participant has prepared, which it wrote down when it did;
its rows have been locked since, so nothing can have come between.
"""

from dataclasses import dataclass
from typing import Any

from distviz.money import text
from distviz.services.notification import operations as notification
from distviz.services.notification import outgoing
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.models import Event, Run

_ACCOUNT = "SELECT balance, xmax::text AS locked_by FROM accounts WHERE protocol = 'two_phase' AND name = %(name)s"
_PAYMENT = "SELECT status, amount FROM payments WHERE withdrawal_id = %(tx)s"


@dataclass(frozen=True)
class Effect:
    """One row of one store. An empty text: there is no such row. `locked`: the prepared transaction holds this row."""

    store: str
    row: str
    now: str
    commit: str
    rollback: str
    locked: bool = False

    @property
    def moves(self) -> bool:
        return self.commit != self.now


def effects(run: Run, prepared: dict[str, str]) -> list[Effect]:
    """Of every store, the mailbox included. `prepared` says by participant's name which transaction number it has."""
    promised = _promised(run)
    return [
        _balance(run, promised.get("account", {}), prepared.get(ACCOUNT.name, "")),
        _payment(run, promised.get("payment", {}), prepared.get(PAYMENT.name, "")),
        _email(run),
    ]


def _balance(run: Run, promised: dict[str, Any], xid: str) -> Effect:
    row = f"accounts/{run.account}"
    found = ACCOUNT.ask(_ACCOUNT, {"name": run.account})
    if not found:
        return Effect("account", row, "", "", "")
    now = text(found[0]["balance"])
    if not xid:
        return Effect("account", row, now, now, now)
    after = promised.get(row, {}).get("balance") or text(found[0]["balance"] - run.amount)
    return Effect("account", row, now, after, now, locked=found[0]["locked_by"] == xid)


def _payment(run: Run, promised: dict[str, Any], xid: str) -> Effect:
    found = PAYMENT.ask(_PAYMENT, {"tx": run.pk})
    now = f"{found[0]['status']} {text(found[0]['amount'])}" if found else ""
    if not xid:
        return Effect("payment", "payments", now, now, now)
    rows = [row for name, row in promised.items() if name.startswith("payments/")]
    after = f"{rows[0]['status']} {rows[0]['amount']}" if rows else f"COMPLETED {text(run.amount)}"
    return Effect("payment", "payments", now, after, now)


def _email(run: Run) -> Effect:
    """MongoDB locks nothing: its promise is a document that no reader queries."""
    sent = notification.collection().find_one({"withdrawal_id": str(run.pk)}, {"_id": 1})
    if sent:
        return Effect("notification", "email", "sent", "sent", "sent")
    ready = outgoing.ready().find_one({"_id": str(run.pk)}, {"_id": 1})
    return (
        Effect("notification", "email", "ready", "sent", "thrown away")
        if ready
        else Effect("notification", "email", "", "", "")
    )


def _promised(run: Run) -> dict[str, dict[str, Any]]:
    """By store and row: what the participants wrote down when they prepared."""
    steps = Event.objects.filter(run=run, kind="step", phase="prepared").order_by("seq").values_list("data", flat=True)
    found: dict[str, dict[str, Any]] = {}
    for data in steps:
        for change in data.get("pending", []):
            found.setdefault(change["store"], {})[change["row"]] = change["after"] or {}
    return found
