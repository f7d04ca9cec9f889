"""Everything else that can be read: the catalogue, the accounts, the books, and what waits where."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Min, Model, Q, Sum
from django.http import HttpRequest
from ninja import Router

from distviz.api import shapes
from distviz.api.schemas import Filter, Key, Name
from distviz.errors import NotFound
from distviz.postgres.session import answer_within
from distviz.services.auditor import auditing
from distviz.trace import unguarded
from distviz.trace.models import DeadLetter
from protocols import in_doubt as doubts
from protocols import registry

router = Router()
ROWS = 100


@router.get("/protocols", tags=["protocols"], summary="The catalogue")
def protocols(request: HttpRequest) -> list[dict[str, Any]]:
    return [protocol.as_dict() for protocol in registry.PROTOCOLS.values()]


@router.get("/accounts", tags=["accounts"], summary="All accounts, in each protocol's books")
def accounts(request: HttpRequest, protocol: Filter = "") -> list[dict[str, Any]]:
    """But for those of runs without guards, whose books are `/api/books/without-guards`."""
    among = registry.named(protocol)
    return [balance.as_dict() for one in among for balance in unguarded.guarded(one.books.accounts())]


@router.get("/accounts/{protocol}/{name}", tags=["accounts"], summary="One account")
def account(request: HttpRequest, protocol: Key, name: Name) -> dict[str, Any]:
    for balance in registry.get(protocol).books.accounts():
        if balance.name == name:
            return balance.as_dict()
    raise NotFound("no_such_account", protocol=protocol)


@router.get("/books", tags=["accounts"], summary="The auditor's answer now")
def books(request: HttpRequest, protocol: Filter = "", complete: bool = False) -> dict[str, Any]:
    """Read from the real databases by SQL, not from the run log. Where there are many runs, those that ended before the
    last complete audit, and invariants over whole tables, are said `as_of` that; `complete=true` makes one now."""
    with answer_within(settings.ANSWER_S):  # of a server that has just answered: see distviz/postgres/base.py
        asked = registry.named(protocol)
        return {one.key: auditing.now(one.key, one.books, complete=complete).as_dict() for one in asked}


@router.get("/books/without-guards", tags=["accounts"], summary="The books of runs without guards")
def books_without_guards(request: HttpRequest, protocol: Filter = "") -> dict[str, Any]:
    """Runs whose guards were taken out have accounts of their own (`unguarded-1` and so on), and what they lose is
    counted here and in no other book."""
    with answer_within(settings.ANSWER_S):
        return {one.key: one.books.audit(without_guards=True).as_dict() for one in registry.named(protocol)}


@router.get("/inbox", tags=["waiting"], summary="What each consumer has dealt with")
def inbox(request: HttpRequest, protocol: Filter = "") -> dict[str, Any]:
    """Received messages and how many copies of them were ignored; the newest of each database as rows."""
    registry.named(protocol)
    counts = {"received": 0, "duplicates": 0}
    oldest: list[Any] = []
    rows: list[dict[str, Any]] = []
    for table in _tables("inbox"):
        wanted = Q(consumer__startswith=f"{protocol}.") if protocol else Q()
        found = table._default_manager.filter(wanted)
        sums = found.aggregate(received=Count("id"), duplicates=Sum("duplicates"), oldest=Min("received_at"))
        counts["received"] += sums["received"]
        counts["duplicates"] += sums["duplicates"] or 0
        oldest += [sums["oldest"]] if sums["oldest"] else []
        columns = ("consumer", "message_id", "withdrawal_id", "received_at", "duplicates")
        for consumer, message, run, at, duplicates in found.order_by("-id").values_list(*columns)[:ROWS]:
            rows.append({"consumer": consumer, "message_id": message, "run": run, "at": at, "duplicates": duplicates})
    rows.sort(key=lambda row: row["at"], reverse=True)
    return {"counts": counts, "oldest_age": shapes.age(min(oldest, default=None)), "rows": rows[:ROWS]}


@router.get("/dead-letters", tags=["waiting"], summary="Messages that could not be handled")
def dead_letters(request: HttpRequest, protocol: Filter = "") -> dict[str, Any]:
    registry.named(protocol)
    found = DeadLetter.objects.filter(run__protocol=protocol) if protocol else DeadLetter.objects.all()
    counts = {"dead": 0, "requeued": 0, "discarded": 0}
    counts |= dict(found.order_by().values_list("state").annotate(Count("id")))
    oldest = found.filter(state="dead").aggregate(at=Min("at"))["at"]
    columns = ("id", "run", "service", "name", "payload", "digest", "error", "why", "attempts", "at", "state")
    rows = [_letter(row) for row in found.order_by("-at").values(*columns)[:ROWS]]
    return {"counts": counts, "oldest_age": shapes.age(oldest), "rows": rows}


def _letter(row: dict[str, Any]) -> dict[str, Any]:
    """With its error as a code, as far as it has one."""
    why = row.pop("why") or {}
    return row | {"error_code": why.get("code"), "error_params": why.get("params")}


@router.get("/in-doubt", tags=["waiting"], summary="Prepared transactions and the locks that they hold")
def in_doubt(request: HttpRequest) -> dict[str, Any]:
    """Of runs (`kind` is "run"), of other programs ("foreign"), and those under a name like ours that names no run
    ("malformed"). `transactions` counts what has to be decided: the participants of a run count once."""
    rows = doubts.rows()
    oldest = max((row["age"] for row in rows), default=None)
    decided = {row["run"] or f"{row['server']}:{row['gid']}" for row in rows}
    return {"counts": {"prepared": len(rows), "transactions": len(decided)}, "oldest_age": oldest, "rows": rows}


def _tables(name: str) -> list[type[Model]]:
    """The models behind a table that several services have, each in its own database."""
    return [model for model in apps.get_models() if model._meta.db_table == name]
