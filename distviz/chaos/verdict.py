"""What is wrong, from what the clients know and what the databases say. Pure: no server is asked here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from distviz.chaos.clients import FAILED, Operation
from distviz.codes import Reason
from distviz.money import text

ATTENTION, SUCCEEDED, INCONSISTENT = "needs_attention", "succeeded", "inconsistent"


@dataclass(frozen=True)
class Row:
    """One run, as the database has it. `over`: it has ended; `took`: seconds from its request to its end, which was
    at `ended`, seconds since 1970."""

    id: str
    protocol: str
    account: str
    amount: Decimal
    status: str
    note: str
    over: bool = True
    took: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class Facts:
    """Everything that is read after healing. `balances` and `projected` are by (protocol, account); `healed` is when
    that was, and `in_time` how many seconds a run may take from then on."""

    operations: Sequence[Operation]
    runs: Sequence[Row]
    balances: Mapping[tuple[str, str], Decimal]
    opening: Decimal
    projected: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    lossy: frozenset[str] = frozenset()
    broken: Mapping[str, Sequence[Reason]] = field(default_factory=dict)  # by protocol: what its auditor found
    prepared: Sequence[str] = ()
    unacked: int = 0
    queued: int = 0
    idle: Sequence[str] = ()  # sessions that stand still within a transaction
    not_ready: str = ""
    died: Sequence[str] = ()  # errors that ended a client before its time
    healed: float = 0.0
    in_time: float = 30.0

    @property
    def by_note(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.runs:
            found[row.note].append(row)
        return found


def judge(facts: Facts) -> list[Reason]:
    """All violations, those of money first; none is the verdict "holds"."""
    return [
        *_of_balances(facts),
        *_of_books(facts),
        *_of_wishes(facts),
        *_of_strangers(facts),
        *_of_ready(facts),
        *(Reason.of("chaos_client_died", text=error) for error in facts.died),
        *_of_leftovers(facts),
        *_of_ends(facts),
    ]


def not_asked(not_ready: str, error: str) -> Iterator[Reason]:
    """The violations where the facts themselves cannot be had."""
    yield from _not_ready(not_ready)
    yield Reason.of("chaos_not_asked", text=error[:300])


def _of_ready(facts: Facts) -> Iterator[Reason]:
    yield from _not_ready(facts.not_ready)


def _not_ready(complaint: str) -> Iterator[Reason]:
    if complaint:
        yield Reason.of("chaos_not_ready", text=complaint)


def _of_ends(facts: Facts) -> Iterator[Reason]:
    late = [row.ended - facts.healed for row in facts.runs if row.over and row.ended > facts.healed + facts.in_time]
    if late:
        yield Reason.of("chaos_late", n=len(late), s=facts.in_time, last=round(max(late), 1))
    for row in facts.runs:
        if row.status == ATTENTION:
            yield Reason.of("chaos_attention", run=row.id, protocol=row.protocol)
        elif not row.over:
            yield Reason.of("chaos_open", run=row.id, protocol=row.protocol, status=row.status)


def _of_wishes(facts: Facts) -> Iterator[Reason]:
    """What a client was told is so: a run that was promised is there, once; one that was refused is not."""
    by_note = facts.by_note
    for operation in facts.operations:
        rows = by_note.get(operation.wish.name, [])
        if len(rows) > 1:
            yield Reason.of("chaos_twice", wish=operation.wish.name, n=len(rows))
        if operation.outcome == FAILED and rows:
            yield Reason.of("chaos_refused_and_made", wish=operation.wish.name, run=rows[0].id)
        if operation.odd:
            yield Reason.of("chaos_key_taken_again", wish=operation.wish.name)
        yield from _of_answers(operation, rows)


def _of_answers(operation: Operation, rows: Sequence[Row]) -> Iterator[Reason]:
    wish = operation.wish
    there = {row.id: row for row in rows}
    if len(set(operation.runs)) > 1:
        yield Reason.of("chaos_key_two_runs", wish=wish.name)
    for run in sorted(set(operation.runs) - there.keys()):
        yield Reason.of("chaos_lost", run=run, wish=wish.name)
    for row in rows:
        if (row.protocol, row.account, row.amount) != (
            operation.wish.protocol,
            operation.wish.account,
            operation.wish.amount,
        ):
            yield Reason.of("chaos_other", run=row.id, wish=wish.name)
        others = [end for end in operation.ends if end != row.status]
        if others:
            yield Reason.of("chaos_told_otherwise", run=row.id, told=others[0], status=row.status)


def _of_strangers(facts: Facts) -> Iterator[Reason]:
    names = {operation.wish.name for operation in facts.operations}
    for row in facts.runs:
        if row.note not in names:
            yield Reason.of("chaos_unasked", run=row.id)


def _of_balances(facts: Facts) -> Iterator[Reason]:
    """Opening less everything that succeeded. What an open run wants may be gone as well; and, where money may be lost,
    what is reported as inconsistent. How much of that, the auditor checks run by run."""
    gone = _sums(row for row in facts.runs if row.status == SUCCEEDED)
    still_open = _sums(row for row in facts.runs if not row.over)
    doubtful = _sums(
        row for row in facts.runs if not row.over or (row.protocol in facts.lossy and row.status == INCONSISTENT)
    )
    for account, balance in sorted(facts.balances.items()):
        most = facts.opening - gone[account]
        if not most - doubtful[account] <= balance <= most:
            where = {"protocol": account[0], "account": account[1]}
            yield Reason.of("chaos_balance", **where, balance=text(balance), expected=text(most))
        if facts.projected.get(account, balance) != balance and not still_open[account]:
            shown = text(facts.projected[account])
            yield Reason.of("chaos_projected", account=account[1], balance=text(balance), shown=shown)


def _sums(rows: Iterable[Row]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row.protocol, row.account] += row.amount
    return found


def _of_books(facts: Facts) -> Iterator[Reason]:
    for protocol, findings in facts.broken.items():
        for found in findings:
            yield Reason.of("chaos_books", protocol=protocol, found=found)


def _of_leftovers(facts: Facts) -> Iterator[Reason]:
    for gid in facts.prepared:
        yield Reason.of("chaos_prepared", gid=gid)
    if (facts.unacked or facts.queued) and all(row.over for row in facts.runs):
        yield Reason.of("chaos_queued", unacked=facts.unacked, queued=facts.queued)
    for session in facts.idle:
        yield Reason.of("chaos_idle", session=session)
