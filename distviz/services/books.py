"""The auditor: what is true of the money, by SQL over the services' own tables and not by the run log."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from distviz.codes import Reason
from distviz.money import text
from distviz.services import gaps
from distviz.services.gaps import ZERO, Gaps
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.story.words.sentences import english
from distviz.trace.models import Run

NAMED = 5  # findings that are named; the others are counted


@dataclass(frozen=True)
class Invariant:
    """One promise: its number in docs/invariants.md, whether it holds, and what was found."""

    id: str
    holds: bool
    reason: Reason

    @property
    def detail(self) -> str:
        """In English, for the API and the command line."""
        return english(self.reason)

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "holds": self.holds, "detail": self.detail, **self.reason.as_json()}


@dataclass(frozen=True)
class Books:
    """One protocol's books at this moment. opening = balances + paid + in_flight + lost - overpaid."""

    protocol: str
    opening: Decimal
    balances: Decimal
    paid: Decimal
    in_flight: Decimal
    lost: Decimal
    overpaid: Decimal
    invariants: list[Invariant] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        return all(invariant.holds for invariant in self.invariants)

    def as_dict(self) -> dict[str, Any]:
        amounts = {k: text(v) for k, v in asdict(self).items() if isinstance(v, Decimal)}
        return {**amounts, "invariants": [invariant.as_dict() for invariant in self.invariants]}


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


class Keeper(Protocol):
    """A protocol's accounts, and what the platform queries of them. `may_lose`: see distviz/trace/known.py."""

    @property
    def may_lose(self) -> bool: ...

    def has(self, name: str) -> bool:
        """Whether there is this account."""

    def accounts(self) -> list[Balance]: ...

    def audit(self) -> Books: ...

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


_TOTALS = """
SELECT COALESCE(sum(opening), 0) AS opening, COALESCE(sum(balance), 0) AS balances
FROM accounts WHERE protocol = %(p)s
"""
_WRONG_TOTAL = """
SELECT a.name FROM accounts a LEFT JOIN ledger l ON l.account_id = a.id WHERE a.protocol = %(p)s
GROUP BY a.id HAVING a.balance <> a.opening + COALESCE(sum(l.delta), 0)
"""
_NEGATIVE = "SELECT name FROM accounts WHERE protocol = %(p)s AND (balance < 0 OR balance = 'NaN')"
_TWICE = """
SELECT l.withdrawal_id::text AS id FROM ledger l JOIN accounts a ON a.id = l.account_id WHERE a.protocol = %(p)s
GROUP BY l.withdrawal_id, l.kind HAVING count(*) > 1
"""
_TAKEN = """
SELECT l.withdrawal_id::text AS id, -sum(l.delta) AS amount, bool_or(l.kind = 'refund') AS refunded
FROM ledger l JOIN accounts a ON a.id = l.account_id WHERE a.protocol = %(p)s GROUP BY l.withdrawal_id
"""
_PAID = """
SELECT withdrawal_id::text AS id, sum(amount) AS amount, count(*) AS payments FROM payments
WHERE protocol = %(p)s AND status = 'COMPLETED' GROUP BY withdrawal_id
"""
_PAID_TWICE = "SELECT withdrawal_id::text AS id FROM payments WHERE protocol = %(p)s GROUP BY 1 HAVING count(*) > 1"


def of_services(protocol: str, *, may_lose: bool = False) -> Books:
    """The books of a protocol whose money is in the Account and the Payment Service.

    Payments are read before the ledger: a payment always comes after its deduction, so money on its way can look
    unpaid for a moment, but never paid and not deducted.
    """
    p = {"p": protocol}
    paid = {row["id"]: row for row in PAYMENT.ask(_PAID, p)}
    paid_twice = [row["id"] for row in PAYMENT.ask(_PAID_TWICE, p)]
    taken = {row["id"]: row for row in ACCOUNT.ask(_TAKEN, p)}
    totals = ACCOUNT.ask(_TOTALS, p)[0]
    gap = gaps.between(taken, paid, open_runs(protocol))
    total_paid = sum((row["amount"] for row in paid.values()), ZERO)

    invariants = [
        check("I1", [r["name"] for r in ACCOUNT.ask(_WRONG_TOTAL, p)], "ledger_adds_up"),
        check("I1b", conserved(totals, total_paid, gap), "money_is_conserved"),
        check("I2", [r["name"] for r in ACCOUNT.ask(_NEGATIVE, p)], "no_negative_balance"),
        check("I3", [r["id"] for r in ACCOUNT.ask(_TWICE, p)], "one_entry_of_a_kind"),
    ]
    if may_lose:
        invariants.append(check("I21", _unreported(gap.ended), "losses_are_reported"))
    else:
        invariants += [
            check("I3b", paid_twice, "one_payment"),
            check("I4", sorted(gap.ended), "deducted_where_paid"),
            check(
                "I8",
                [run for run, row in taken.items() if row["refunded"] and run in paid],
                "not_refunded_and_paid",
            ),
        ]
    invariants.append(check("I15", untrue_statuses(protocol, taken, paid), "statuses_are_true"))
    return balanced(protocol, totals, total_paid, gap, invariants)


def open_runs(protocol: str) -> set[str]:
    """Runs that are not over yet: what they took and did not pay is in flight."""
    return {str(pk) for pk in Run.objects.filter(protocol=protocol, finished_at=None).values_list("pk", flat=True)}


def untrue_statuses(protocol: str, taken: dict[str, Any], paid: dict[str, Any]) -> list[Reason]:
    """Finished runs whose status says something else than the tables: two set operations, not a query per run."""
    wrong: list[Reason] = []
    ended = Run.objects.filter(protocol=protocol).exclude(finished_at=None).values_list("pk", "status")
    for pk, status in ended.iterator():
        run = str(pk)
        gone = run in taken and taken[run]["amount"] > 0
        if status == "succeeded" and run not in paid:
            wrong.append(Reason.of("succeeded_without_payment", run=run))
        elif status in ("failed", "declined") and gone:
            wrong.append(Reason.of("ended_with_money_gone", run=run, status=status))
        elif status == "compensated" and not (run in taken and taken[run]["refunded"]):
            wrong.append(Reason.of("compensated_without_refund", run=run))
    return wrong


def conserved(totals: Mapping[str, Decimal], paid: Decimal, gap: Gaps) -> list[Reason]:
    """What of the difference between opening and balances no run accounts for."""
    missing = totals["opening"] - totals["balances"] - paid - gap.explained
    return [Reason.of("unexplained", amount=missing)] if missing else []


def balanced(
    protocol: str, totals: Mapping[str, Decimal], paid: Decimal, gap: Gaps, invariants: list[Invariant]
) -> Books:
    opening, balances = totals["opening"], totals["balances"]
    return Books(protocol, opening, balances, paid, gap.in_flight, gap.lost, gap.overpaid, invariants)


def _unreported(ended_gaps: Mapping[str, Decimal]) -> list[str]:
    known = Run.objects.filter(pk__in=list(ended_gaps), status="inconsistent").values_list("pk", flat=True)
    return sorted(set(ended_gaps) - {str(pk) for pk in known})
