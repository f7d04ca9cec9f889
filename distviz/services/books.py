"""The auditor: what is true of the money, by SQL over the services' own tables and not by the run log."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from distviz.codes import Reason
from distviz.money import text
from distviz.services import agreement, gaps, receipts, run_log_audit, sealing
from distviz.services.agreement import RunStates
from distviz.services.gaps import Gaps
from distviz.services.payment import made as payments
from distviz.services.payment.made import Payments
from distviz.services.places import ACCOUNT, Place, of_runs, snapshot
from distviz.services.sealing import Seal, Sums
from distviz.story.words.sentences import english
from distviz.trace import known
from distviz.trace.unguarded import of_book

NAMED = 5  # findings that are named; the others are counted


@dataclass(frozen=True)
class Invariant:
    """One promise: its number in docs/invariants.md, whether it holds, and what was found. `as_of`: when that was, if
    it was not now."""

    id: str
    holds: bool
    reason: Reason
    as_of: datetime | None = None

    @property
    def detail(self) -> str:
        """In English, for the API and the command line."""
        return english(self.reason)

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "holds": self.holds, "detail": self.detail, "as_of": self.as_of} | self.reason.as_json()


More = Callable[[RunStates], Sequence[Invariant]]


@dataclass(frozen=True)
class Books:
    """One protocol's books at this moment. opening = balances + paid + in_flight + lost - overpaid. `as_of`: since when
    only what changed was read, if not everything was."""

    protocol: str
    opening: Decimal
    balances: Decimal
    paid: Decimal
    in_flight: Decimal
    lost: Decimal
    overpaid: Decimal
    invariants: list[Invariant] = field(default_factory=list)
    seal: Seal | None = None
    as_of: datetime | None = None

    @property
    def hold(self) -> bool:
        return all(invariant.holds for invariant in self.invariants)

    def as_dict(self) -> dict[str, Any]:
        amounts = {k: text(v) for k, v in asdict(self).items() if isinstance(v, Decimal)}
        invariants = [invariant.as_dict() for invariant in self.invariants]
        return {**amounts, "as_of": self.as_of, "invariants": invariants}


@dataclass(frozen=True)
class Balance:
    """One account as its protocol's books have it; `projected` is what a read model says, where there is one."""

    protocol: str
    name: str
    balance: Decimal
    opening: Decimal
    store: str
    projected: Decimal | None = None

    def as_dict(self) -> dict[str, Any]:
        found = {**asdict(self), "balance": text(self.balance), "opening": text(self.opening)}
        if self.projected is None:
            del found["projected"]
        else:
            found["projected"] = text(self.projected)
        return found


class Bookkeeper(Protocol):
    """A protocol's accounts, and what the platform queries of them. `may_lose`: see distviz/trace/known.py."""

    @property
    def may_lose(self) -> bool: ...

    def has(self, name: str) -> bool:
        """Whether there is this account."""

    def accounts(self) -> list[Balance]: ...

    def audit(self, *, thorough: bool = True, since: Seal | None = None, without_guards: bool = False) -> Books:
        """What is true of the money; `thorough`, also of the run log, its counts and the notifications. With `since`
        only the runs are read that are not sealed, and no invariant is there that takes whole tables. May raise
        Resurfaced then. Runs `without_guards` have books of their own."""

    def taken(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        """What each of these withdrawals has taken; what was given back is not taken."""

    def paid(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]: ...

    def seed(self, names: Sequence[str], opening: Decimal) -> None:
        """Open the accounts that are not there yet."""

    def clear(self) -> None:
        """Forget everything of this protocol."""


def check(number: str, wrong: Sequence[Any], promise: str) -> Invariant:
    """An invariant that holds if nothing was found against it; else its first findings are named. `promise` is the
    code of what it says, `wrong` are rows, or reasons where a row has to be explained."""
    says = Reason.of(promise)
    if not wrong:
        return Invariant(number, True, says)
    found, more = wrong[:NAMED], len(wrong) - NAMED
    if more > 0:
        return Invariant(number, False, Reason.of("broken_often", promise=says, found=found, more=more))
    return Invariant(number, False, Reason.of("broken", promise=says, found=found))


_TOTALS = f"""
SELECT COALESCE(sum(opening), 0) AS opening, COALESCE(sum(balance), 0) AS balances
FROM accounts WHERE protocol = %(p)s AND {of_book("name")}
"""
_WRONG_TOTAL = f"""
SELECT a.name FROM accounts a LEFT JOIN ledger l ON l.account_id = a.id
WHERE a.protocol = %(p)s AND {of_book("a.name")}
GROUP BY a.id HAVING a.balance <> a.opening + COALESCE(sum(l.delta), 0)
"""
_NEGATIVE = f"""
SELECT name FROM accounts WHERE protocol = %(p)s AND {of_book("name")} AND (balance < 0 OR balance = 'NaN')
"""
_TWICE = f"""
SELECT l.withdrawal_id::text AS id FROM ledger l JOIN accounts a ON a.id = l.account_id WHERE a.protocol = %(p)s
    AND {of_book("a.name")} AND {of_runs("l.withdrawal_id")} GROUP BY l.withdrawal_id, l.kind HAVING count(*) > 1
"""
_TAKEN = f"""
SELECT l.withdrawal_id::text AS id, -sum(l.delta) AS amount, bool_or(l.kind = 'refund') AS refunded,
    array_agg(DISTINCT a.name) AS accounts, array_agg(DISTINCT abs(l.delta)) AS amounts
FROM ledger l JOIN accounts a ON a.id = l.account_id WHERE a.protocol = %(p)s
    AND {of_book("a.name")} AND ({of_runs("l.withdrawal_id")} OR l.id > %(after)s) GROUP BY l.withdrawal_id
"""
_NEWEST = "SELECT COALESCE(max(id), 0) AS id FROM ledger"


def of_services(
    protocol: str,
    *,
    more: More = lambda runs: (),
    receives: Sequence[Place] = (),
    thorough: bool = True,
    since: Seal | None = None,
    without_guards: bool = False,
) -> Books:
    """The books of a protocol whose money is in the Account and the Payment Service. `receives`: who of them keeps an
    inbox for it.

    Runs are read first: what those that are over have moved is there by then. Payments are read before the ledger: a
    payment always comes after its deduction, so money on its way can look unpaid for a moment, but never paid and not
    deducted.
    """
    upto, marks = sealing.until(), {"payments": payments.newest(), "ledger": ACCOUNT.ask(_NEWEST)[0]["id"]}
    runs = agreement.run_states(protocol, since, without_guards=without_guards)
    made = payments.read(protocol, runs, since.mark("payments") if since else None)
    p = {"p": protocol, **runs.asked, "after": since.mark("ledger") if since else None}
    with snapshot(ACCOUNT):
        taken = {row["id"]: row for row in ACCOUNT.ask(_TAKEN, p)}
        totals = ACCOUNT.ask(_TOTALS, p)[0]
        of_accounts = list(_of_accounts(p, everything=since is None))
    agreement.nothing_resurfaced(runs, [*taken, *made.rows])
    gap = gaps.between(taken, made.paid, agreement.still_open(runs, [*taken, *made.paid]))
    sums = sealing.sums(since, made.total, gap)
    invariants = [
        *of_accounts,
        check("I1b", conserved(totals, sums), "money_is_conserved"),
        *agreed(protocol, runs, taken, made, gap, thorough=thorough),
        *(
            check("I10c", receipts.received(protocol, receives, taken, made), "inbox_row_where_money_moved")
            for _ in receives[:1]
        ),
        *more(runs),
    ]
    return balanced(protocol, totals, sums, invariants, sealing.seal(since, upto, marks, runs, made.paid, gap))


def _of_accounts(p: Mapping[str, Any], *, everything: bool) -> Iterator[Invariant]:
    if everything:
        yield check("I1", [row["name"] for row in ACCOUNT.ask(_WRONG_TOTAL, p)], "ledger_adds_up")
    yield check("I2", [row["name"] for row in ACCOUNT.ask(_NEGATIVE, p)], "no_negative_balance")
    yield check("I3", [row["id"] for row in ACCOUNT.ask(_TWICE, p)], "one_entry_of_a_kind")


def agreed(
    protocol: str, runs: RunStates, taken: agreement.Rows, made: Payments, gap: Gaps, *, thorough: bool
) -> Iterator[Invariant]:
    """What holds under every protocol between its runs and what was taken and paid for them."""
    lossy, sent = known.may_lose(protocol), agreement.notified(protocol, runs) if thorough else None
    if lossy:
        wrong = agreement.unreported(runs, gap.ended) + agreement.imagined(runs, gap, sent or ())
        yield check("I21", wrong, "losses_are_reported")
    else:
        yield check("I3b", made.twice, "one_payment")
        yield check("I4", sorted(gap.ended), "deducted_where_paid")
        both = [run for run, row in taken.items() if row["refunded"] and run in made.paid]
        yield check("I8", both, "not_refunded_and_paid")
    of_no_run = agreement.of_no_run(protocol, runs, taken, "deduction")
    of_no_run += agreement.of_no_run(protocol, runs, made.rows, "payment")
    yield check("I4b", of_no_run, "rows_are_of_their_run")
    yield check("I4c", made.odd, "payments_are_whole")
    yield check("I15", agreement.untrue(protocol, runs, taken, made.paid, made.refused), "statuses_are_true")
    if thorough:
        yield check("I14", agreement.misnotified(protocol, runs, sent), "customers_were_told")
        yield from of_the_log(protocol, runs)


def of_the_log(protocol: str, runs: RunStates) -> Iterator[Invariant]:
    yield check("I13", run_log_audit.broken_logs(protocol, runs.ids), "logs_are_whole")
    if runs.ids is None:
        yield check("I13b", run_log_audit.wrong_counts(protocol), "runs_are_counted")


def conserved(totals: Mapping[str, Decimal], sums: Sums) -> list[Reason]:
    """What of the difference between opening and balances no run accounts for."""
    missing = totals["opening"] - totals["balances"] - sums.gone
    return [Reason.of("unexplained", amount=missing)] if missing else []


def balanced(
    protocol: str, totals: Mapping[str, Decimal], sums: Sums, invariants: list[Invariant], seal: Seal
) -> Books:
    amounts = totals["opening"], totals["balances"], sums.paid, sums.in_flight, sums.lost, sums.overpaid
    return Books(protocol, *amounts, invariants, seal)
