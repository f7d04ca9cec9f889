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
class RunRow:
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
class CampaignEvidence:
    """Everything that is read after healing. `balances` and `projected` are by (protocol, account); `healed` is when
    that was, and `in_time` how many seconds a run may take from then on."""

    operations: Sequence[Operation]
    runs: Sequence[RunRow]
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
    def by_note(self) -> dict[str, list[RunRow]]:
        found: dict[str, list[RunRow]] = defaultdict(list)
        for row in self.runs:
            found[row.note].append(row)
        return found


def judge(evidence: CampaignEvidence) -> list[Reason]:
    """All violations, those of money first; none is the verdict "holds"."""
    return [
        *_of_balances(evidence),
        *_of_books(evidence),
        *_of_wishes(evidence),
        *_of_strangers(evidence),
        *_of_ready(evidence),
        *(Reason.of("chaos_client_died", text=error) for error in evidence.died),
        *_of_leftovers(evidence),
        *_of_ends(evidence),
    ]


def not_asked(not_ready: str, error: str) -> Iterator[Reason]:
    """The violations where the evidence itself cannot be had."""
    yield from _not_ready(not_ready)
    yield Reason.of("chaos_not_asked", text=error[:300])


def _of_ready(evidence: CampaignEvidence) -> Iterator[Reason]:
    yield from _not_ready(evidence.not_ready)


def _not_ready(complaint: str) -> Iterator[Reason]:
    if complaint:
        yield Reason.of("chaos_not_ready", text=complaint)


def _of_ends(evidence: CampaignEvidence) -> Iterator[Reason]:
    late = [
        row.ended - evidence.healed
        for row in evidence.runs
        if row.over and row.ended > evidence.healed + evidence.in_time
    ]
    if late:
        yield Reason.of("chaos_late", n=len(late), s=evidence.in_time, last=round(max(late), 1))
    for row in evidence.runs:
        if row.status == ATTENTION:
            yield Reason.of("chaos_attention", run=row.id, protocol=row.protocol)
        elif not row.over:
            yield Reason.of("chaos_open", run=row.id, protocol=row.protocol, status=row.status)


def _of_wishes(evidence: CampaignEvidence) -> Iterator[Reason]:
    """What a client was told is so: a run that was promised is there, once; one that was refused is not."""
    by_note = evidence.by_note
    for operation in evidence.operations:
        rows = by_note.get(operation.wish.name, [])
        if len(rows) > 1:
            yield Reason.of("chaos_twice", wish=operation.wish.name, n=len(rows))
        if operation.outcome == FAILED and rows:
            yield Reason.of("chaos_refused_and_made", wish=operation.wish.name, run=rows[0].id)
        if operation.odd:
            yield Reason.of("chaos_key_taken_again", wish=operation.wish.name)
        yield from _of_answers(operation, rows)


def _of_answers(operation: Operation, rows: Sequence[RunRow]) -> Iterator[Reason]:
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


def _of_strangers(evidence: CampaignEvidence) -> Iterator[Reason]:
    names = {operation.wish.name for operation in evidence.operations}
    for row in evidence.runs:
        if row.note not in names:
            yield Reason.of("chaos_unasked", run=row.id)


def _of_balances(evidence: CampaignEvidence) -> Iterator[Reason]:
    """Opening less everything that succeeded. What an open run wants may be gone as well; and, where money may be lost,
    what is reported as inconsistent. How much of that, the auditor checks run by run."""
    gone = _sums(row for row in evidence.runs if row.status == SUCCEEDED)
    still_open = _sums(row for row in evidence.runs if not row.over)
    doubtful = _sums(
        row for row in evidence.runs if not row.over or (row.protocol in evidence.lossy and row.status == INCONSISTENT)
    )
    for account, balance in sorted(evidence.balances.items()):
        most = evidence.opening - gone[account]
        if not most - doubtful[account] <= balance <= most:
            where = {"protocol": account[0], "account": account[1]}
            yield Reason.of("chaos_balance", **where, balance=text(balance), expected=text(most))
        if evidence.projected.get(account, balance) != balance and not still_open[account]:
            shown = text(evidence.projected[account])
            yield Reason.of("chaos_projected", account=account[1], balance=text(balance), shown=shown)


def _sums(rows: Iterable[RunRow]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row.protocol, row.account] += row.amount
    return found


def _of_books(evidence: CampaignEvidence) -> Iterator[Reason]:
    for protocol, findings in evidence.broken.items():
        for found in findings:
            yield Reason.of("chaos_books", protocol=protocol, found=found)


def _of_leftovers(evidence: CampaignEvidence) -> Iterator[Reason]:
    for gid in evidence.prepared:
        yield Reason.of("chaos_prepared", gid=gid)
    if (evidence.unacked or evidence.queued) and all(row.over for row in evidence.runs):
        yield Reason.of("chaos_queued", unacked=evidence.unacked, queued=evidence.queued)
    for session in evidence.idle:
        yield Reason.of("chaos_idle", session=session)
