"""The auditor: what is true of the money, by SQL over the services' own tables and not by the run log."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from distviz.money import text
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.models import Run

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Invariant:
    """One promise: its number in docs/invariants.md, whether it holds, and what was found."""

    id: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Books:
    """One protocol's books at this moment. opening = balances + paid + in_flight + lost."""

    protocol: str
    opening: Decimal
    balances: Decimal
    paid: Decimal
    in_flight: Decimal
    lost: Decimal
    invariants: list[Invariant] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        return all(invariant.holds for invariant in self.invariants)

    def as_dict(self) -> dict[str, Any]:
        amounts = {k: text(v) for k, v in asdict(self).items() if isinstance(v, Decimal)}
        return {**amounts, "invariants": [asdict(invariant) for invariant in self.invariants]}


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


def check(number: str, wrong: list[Any], says: str) -> Invariant:
    """An invariant that holds if nothing was found against it; else its first findings are named."""
    shown = ", ".join(str(item) for item in wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    return Invariant(number, not wrong, says if not wrong else f"{says}: broken by {shown}")


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
    runs = open_runs(protocol)

    gaps = {
        run: taken.get(run, {}).get("amount", ZERO) - paid.get(run, {}).get("amount", ZERO)
        for run in taken.keys() | paid.keys()
    }
    open_gaps = {run: gap for run, gap in gaps.items() if gap and run in runs}
    ended_gaps = {run: gap for run, gap in gaps.items() if gap and run not in runs}
    total_paid = sum((row["amount"] for row in paid.values()), ZERO)
    in_flight = sum(open_gaps.values(), ZERO)
    lost = sum(ended_gaps.values(), ZERO)

    invariants = [
        check(
            "I1", [r["name"] for r in ACCOUNT.ask(_WRONG_TOTAL, p)], "opening + ledger = balance, account by account"
        ),
        check("I1b", _conserved(totals, total_paid, in_flight, lost), "opening = balances + paid + in flight + lost"),
        check("I2", [r["name"] for r in ACCOUNT.ask(_NEGATIVE, p)], "no balance is negative"),
        check("I3", [r["id"] for r in ACCOUNT.ask(_TWICE, p)], "one ledger entry of a kind per withdrawal"),
    ]
    if may_lose:
        invariants.append(check("I21", _unreported(ended_gaps), "what is lost is reported as lost"))
    else:
        invariants += [
            check("I3b", paid_twice, "one payment per withdrawal"),
            check("I4", sorted(ended_gaps), "deducted and not refunded exactly where a payment was completed"),
            check(
                "I8",
                [run for run, row in taken.items() if row["refunded"] and run in paid],
                "nothing was both refunded and paid",
            ),
        ]
    invariants.append(check("I15", untrue_statuses(protocol, taken, paid), "every status is true of the databases"))
    return Books(protocol, totals["opening"], totals["balances"], total_paid, in_flight, lost, invariants)


def open_runs(protocol: str) -> set[str]:
    """Runs that are not over yet: what they took and did not pay is in flight."""
    return {str(pk) for pk in Run.objects.filter(protocol=protocol, finished_at=None).values_list("pk", flat=True)}


def untrue_statuses(protocol: str, taken: dict[str, Any], paid: dict[str, Any]) -> list[str]:
    """Finished runs whose status says something else than the tables: two set operations, not a query per run."""
    wrong: list[str] = []
    ended = Run.objects.filter(protocol=protocol).exclude(finished_at=None).values_list("pk", "status")
    for pk, status in ended.iterator():
        run = str(pk)
        gone = run in taken and taken[run]["amount"] > 0
        if status == "succeeded" and run not in paid:
            wrong.append(f"{run} succeeded without a payment")
        elif status in ("failed", "declined") and gone:
            wrong.append(f"{run} {status} with the money gone")
        elif status == "compensated" and not (run in taken and taken[run]["refunded"]):
            wrong.append(f"{run} compensated without a refund")
    return wrong


def _conserved(totals: dict[str, Any], paid: Decimal, in_flight: Decimal, lost: Decimal) -> list[str]:
    missing = totals["opening"] - totals["balances"] - paid - in_flight - lost
    return [f"{text(missing)} nobody can explain"] if missing else []


def _unreported(ended_gaps: dict[str, Decimal]) -> list[str]:
    known = Run.objects.filter(pk__in=list(ended_gaps), status="inconsistent").values_list("pk", flat=True)
    return sorted(set(ended_gaps) - {str(pk) for pk in known})
