"""What a run says of itself, held against what the tables say of it: its account and amount, its status and verdict,
and what the customer was told."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from pymongo.errors import PyMongoError

from distviz.codes import Reason
from distviz.money import cents
from distviz.services.gaps import ZERO, Gaps
from distviz.services.notification import operations as notification
from distviz.trace import known, unguarded
from distviz.trace.models import Run
from distviz.trace.statuses import FINAL

if TYPE_CHECKING:
    from distviz.services.sealing import Seal

Rows = Mapping[str, Mapping[str, Any]]

ENDS = frozenset(FINAL) - {"needs_attention"}
NOTIFIED = {"succeeded": {"withdrawn"}, "compensated": {"refunded"}, "declined": set(), "failed": set()}


@dataclass(frozen=True)
class RunState:
    """What a run says of itself."""

    account: str
    amount: Decimal
    status: str
    ending: str
    verdict: str
    finished: datetime | None
    params: Mapping[str, Any]

    @property
    def over(self) -> bool:
        """Whether its story is closed."""
        return self.finished is not None


class RunStates(dict[str, RunState]):
    """By id. Those of before `since` are left out, if it is given."""

    since: datetime | None = None
    unguarded = False  # which of the two books
    of_one = False  # of a single run, as if everything else had been sealed

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters of `places.of_runs` and `unguarded.of_book`."""
        return {"runs": self.ids, "unguarded": self.unguarded}

    @property
    def ids(self) -> list[str] | None:
        """What the tables are asked for; None is everything."""
        return None if self.since is None else list(self)


def run_states(protocol: str, since: "Seal | None" = None, *, without_guards: bool = False) -> RunStates:
    """All runs of a protocol, or all that are not sealed. To be asked before the tables: what a run that is over has
    moved is there already, and what an open one moves meanwhile is in flight. Runs `without_guards` have books of their
    own; a seal that leaves one run out asks for that one, whatever it is."""
    columns = ("pk", "account", "amount", "status", "ending", "verdict", "finished_at", "outcome_params")
    found = Run.objects.filter(protocol=protocol).order_by()
    own = Q(account__startswith=unguarded.OWN)
    only = since.only if since else ""
    if only:
        without_guards = found.filter(own, pk=only).exists()
    found = found.filter(own if without_guards else ~own)
    wanted = [found.filter(pk=only) if only else found]
    if since is not None and not only:
        wanted = [found.filter(finished_at=None), found.filter(finished_at__gt=since.upto)]
    runs = RunStates()
    runs.since = since.upto if since else None
    runs.unguarded, runs.of_one = without_guards, bool(only)
    for rows in wanted:
        for pk, *values in rows.values_list(*columns).iterator(5000):
            runs[str(pk)] = RunState(*values)
    return runs


def of_this_book(runs: RunStates, found: Iterable[str]) -> set[str]:
    """Those runs that are not of the other book. What was found is little, unless much is wrong."""
    ids = set(found) - runs.keys()
    others = Run.objects.filter(pk__in=ids, account__startswith=unguarded.OWN)
    theirs = {str(pk) for pk in others.values_list("pk", flat=True)}
    return set(found) & (theirs | runs.keys()) if runs.unguarded else set(found) - theirs


def still_open(runs: Mapping[str, RunState], found: Iterable[str] = ()) -> set[str]:
    """The runs that are not over, and those that were begun since: what they took and did not pay is in flight."""
    return {run for run, one in runs.items() if not one.over} | (set(found) - runs.keys())


def of_no_run(protocol: str, runs: Mapping[str, RunState], found: Rows, what: str) -> list[Reason]:
    """Rows of money whose run asked for something else, or is unknown. `found`: {run: {"accounts": […], "amounts":
    […]}}, all different ones."""
    unknown = found.keys() - runs.keys()
    unknown -= {str(pk) for pk in Run.objects.filter(protocol=protocol, pk__in=unknown).values_list("pk", flat=True)}
    wrong = [Reason.of("row_without_run", what=what, run=run) for run in sorted(unknown)]
    for run, row in found.items():
        one = runs.get(run)
        if one and (list(row["accounts"]) != [one.account] or list(row["amounts"]) != [one.amount]):
            wrong.append(Reason.of("row_of_something_else", what=what, run=run))
    return wrong


class Resurfaced(Exception):
    """A run that was checked and left behind has got rows since: everything has to be checked again."""


def nothing_resurfaced(runs: RunStates, found: Iterable[str]) -> None:
    if runs.since is None:
        return
    known = Run.objects.filter(pk__in=set(found) - runs.keys(), finished_at__lte=runs.since)
    if known.exists():
        raise Resurfaced


def untrue(
    protocol: str, runs: Mapping[str, RunState], taken: Rows, paid: Rows, refused: Collection[str]
) -> list[Reason]:
    """Runs whose status or verdict says something else than the tables. `refused`: whose payment will not be made."""
    lossy = known.may_lose(protocol)
    wrong = []
    for run, one in runs.items():
        if one.over and (one.status not in ENDS or one.status != one.ending):
            wrong.append(Reason.of("no_end", run=run, status=one.status))
        elif not one.over and one.status in ENDS:
            wrong.append(Reason.of("open_with_an_end", run=run, status=one.status))
        elif one.over:
            lost = lossy or unguarded.is_own(one.account)
            moved = _Moved(one, taken.get(run, {}), paid.get(run, {}), run in refused, lost)
            if code := moved.wrong_status():
                wrong.append(Reason.of(code, run=run, status=one.status))
            elif one.verdict not in moved.verdicts:
                wrong.append(Reason.of("untrue_verdict", run=run, verdict=one.verdict))
    return wrong


@dataclass(frozen=True)
class _Moved:
    """What the tables say of one run that is over."""

    one: RunState
    took: Mapping[str, Any]
    paid: Mapping[str, Any]
    refused: bool
    lossy: bool

    @property
    def gap(self) -> Decimal:
        gap: Decimal = self.took.get("amount", ZERO) - self.paid.get("amount", ZERO)
        return gap

    @property
    def verdicts(self) -> Collection[str]:
        """Those that are true. Older runs call it a loss, too, where too much was paid."""
        if not self.gap:
            return ("consistent",)
        if not self.lossy:
            return ("temporarily_inconsistent",)
        return ("money_lost",) if self.gap > 0 else ("paid_twice", "money_lost")

    def wrong_status(self) -> str:
        """The code of what is wrong with it, or ""."""
        status, refunded = self.one.status, bool(self.took.get("refunded"))
        if status == "succeeded":
            amount = self.one.amount
            done = self.paid.get("amount") == amount and self.took.get("amount") == amount and not refunded
            return "" if done else "succeeded_without_payment"
        if status in ("declined", "failed"):
            return "ended_with_money_gone" if self.took.get("amount") or self.paid or refunded else ""
        if status == "compensated":
            done = refunded and not self.took.get("amount") and not self.paid and self.refused
            return "" if done else "compensated_without_refund"
        return "" if self.lossy else "inconsistent_by_nobody"


def unreported(runs: Mapping[str, RunState], ended: Mapping[str, Decimal]) -> list[str]:
    """Runs that lost money or paid too much, and do not say so, or not how much."""

    def reports(run: str, gap: Decimal) -> bool:
        one = runs[run]
        return one.status == "inconsistent" and one.params.get("amount") == f"{abs(gap):.2f}"

    return sorted(run for run, gap in ended.items() if not reports(run, gap))


def imagined(runs: Mapping[str, RunState], gap: Gaps, sent: Collection[str]) -> list[str]:
    """Runs that say that they are inconsistent although nothing is missing and the customer knows."""
    return sorted(
        run for run, one in runs.items() if one.status == "inconsistent" and run not in gap.ended and run in sent
    )


# --- what the customer was told -------------------------------------------------------------------------------------


def notified(protocol: str, runs: RunStates) -> dict[str, list[dict[str, Any]]] | None:
    """The notifications of each run; None if their server does not answer. Of some runs by their ids: the documents
    have no other index."""
    found: dict[str, list[dict[str, Any]]] = {}
    ids = None if runs.ids is None else [f"{run}:{kind}" for run in runs.ids for kind in notification.TEXTS]
    if ids == []:
        return found  # the server would look through all of them for none
    wanted: dict[str, Any] = {"protocol": protocol} if ids is None else {"_id": {"$in": ids}}
    try:
        for document in notification.collection().find(wanted | notification.SENT):
            found.setdefault(str(document.get("withdrawal_id")), []).append(document)
    except PyMongoError:
        return None
    return found


def misnotified(
    protocol: str, runs: Mapping[str, RunState], sent: Mapping[str, list[dict[str, Any]]] | None
) -> list[Reason]:
    """A notification that is missing, one too many, or one that says something else than its run."""
    if sent is None:
        return [Reason("notifications_not_known")]
    rows = {
        run: {"accounts": [runs[run].account], "amounts": [runs[run].amount]} if run in runs else {} for run in sent
    }
    return [*of_no_run(protocol, runs, rows, "notification"), *_misreported(runs, sent)]


def _misreported(runs: Mapping[str, RunState], sent: Mapping[str, list[dict[str, Any]]]) -> Iterator[Reason]:
    for run, one in runs.items():
        documents = sent.get(run, [])
        kinds = {str(document.get("kind")) for document in documents}
        if one.over and one.status in NOTIFIED and kinds != NOTIFIED[one.status]:
            yield Reason.of("told_something_else", run=run, status=one.status)
        for document in documents:
            if not _is_of(run, one, document):
                yield Reason.of("row_of_something_else", what="notification", run=run)


def _is_of(run: str, one: RunState, document: Mapping[str, Any]) -> bool:
    kind = str(document.get("kind"))
    expected = {"_id": f"{run}:{kind}", "account": one.account, "cents": cents(one.amount)}
    text = notification.TEXTS.get(kind, "").format(amount=f"{one.amount:.2f}")
    return document.get("text") == text and all(document.get(name) == value for name, value in expected.items())
