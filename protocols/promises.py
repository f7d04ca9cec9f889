"""What a protocol can promise under a failure, and the table of all of them: proved by the integration test, shown on
`/promises/`. Each protocol's own cells are in its folder.

A row is what is switched on, as `point:action[:times[:ms]]`; a protocol without a cell is not asked there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

AMOUNT = Decimal("100.00")
OPENING = Decimal("1000.00")


@dataclass(frozen=True)
class Cell:
    """How a withdrawal of AMOUNT has to end, as its databases tell."""

    status: str
    verdict: str
    taken: Decimal
    payments: int
    notifications: tuple[str, ...] = ()

    @property
    def balance(self) -> str:
        """Of an account that opened with OPENING."""
        return f"{OPENING - self.taken:.2f}"


@dataclass(frozen=True)
class PromiseRow:
    """One failure (or several at once; "" is none) and its ending under each protocol."""

    faults: str
    cells: Mapping[str, Cell]


NOTHING = Decimal("0.00")
OK = Cell("succeeded", "consistent", AMOUNT, 1, ("withdrawn",))
NO = Cell("declined", "consistent", NOTHING, 0)
GONE = Cell("failed", "consistent", NOTHING, 0)
COMPENSATED = Cell("compensated", "consistent", NOTHING, 0, ("refunded",))
LOST = Cell("inconsistent", "money_lost", AMOUNT, 0)
GHOST = Cell("inconsistent", "consistent", AMOUNT, 1)
TWICE = Cell("inconsistent", "paid_twice", AMOUNT, 2, ("withdrawn",))


# What every protocol is asked, in the order of the table. One that has no such message, or where it depends on who is
# quicker how it ends, has no cell there.
FAILURES = (
    "",
    "payment.in_tx:decline",
    "account.in_tx:decline",
    "payment.before_tx:error:2",
    "payment.in_tx:error:2",
    "payment.in_tx:error:99",
    "account.in_tx:error:99",
    "payment.after_commit:error",
    "account.after_commit:error",
    "account.before_tx:crash",
    "account.in_tx:crash",
    "account.after_commit:crash",
    "payment.before_tx:crash",
    "payment.in_tx:crash",
    "payment.after_commit:crash",
    "payment.in_tx:crash:99",
    "notification.after_commit:crash",
    "payment.in_tx:delay:1:700",
    "message.MoneyDeducted:drop",
    "message.MoneyDeducted:duplicate",
    "message.MoneyDeducted:delay:1:500",
    "message.MoneyDeducted:reorder:1:500",
    "message.WithdrawalRequested:drop",
    "message.WithdrawalRequested:duplicate",
    "message.PaymentProcessed:drop",
    "message.PaymentProcessed:duplicate",
    "message.CustomerNotified:drop",
    "payment.in_tx:decline message.PaymentFailed:drop",
    "payment.in_tx:decline message.PaymentFailed:duplicate",
    "payment.in_tx:decline message.MoneyRefunded:drop",
    "payment.in_tx:decline refund.in_tx:error:2",
    "payment.in_tx:decline refund.in_tx:crash",
    "payment.in_tx:decline refund.after_commit:crash",
)

# Whatever was committed is driven on from the databases: a failure that passes costs time and nothing else.
DRIVEN_ON = {
    "": OK,
    "account.in_tx:decline": NO,
    "payment.before_tx:error:2": OK,
    "payment.in_tx:error:2": OK,
    "account.in_tx:error:99": GONE,
    "payment.after_commit:error": OK,
    "account.after_commit:error": OK,
    "account.before_tx:crash": OK,
    "account.in_tx:crash": OK,
    "account.after_commit:crash": OK,
    "payment.before_tx:crash": OK,
    "payment.in_tx:crash": OK,
    "payment.after_commit:crash": OK,
    "notification.after_commit:crash": OK,
    "payment.in_tx:delay:1:700": OK,
    "message.MoneyDeducted:drop": OK,
    "message.MoneyDeducted:duplicate": OK,
    "message.MoneyDeducted:delay:1:500": OK,
    "message.MoneyDeducted:reorder:1:500": OK,
    "message.WithdrawalRequested:drop": OK,
    "message.WithdrawalRequested:duplicate": OK,
}

# The same of local transactions one after the other: what cannot be paid is given back.
GIVEN_BACK = {
    **DRIVEN_ON,
    "payment.in_tx:decline": COMPENSATED,
    "payment.in_tx:error:99": COMPENSATED,
    "payment.in_tx:crash:99": COMPENSATED,
    "message.PaymentProcessed:drop": OK,
    "message.PaymentProcessed:duplicate": OK,
    "message.CustomerNotified:drop": OK,
    "payment.in_tx:decline message.PaymentFailed:drop": COMPENSATED,
    "payment.in_tx:decline message.PaymentFailed:duplicate": COMPENSATED,
    "payment.in_tx:decline message.MoneyRefunded:drop": COMPENSATED,
    "payment.in_tx:decline refund.in_tx:error:2": COMPENSATED,
    "payment.in_tx:decline refund.in_tx:crash": COMPENSATED,
    "payment.in_tx:decline refund.after_commit:crash": COMPENSATED,
}


def rows(cells: Mapping[str, Mapping[str, Cell]]) -> tuple[PromiseRow, ...]:
    """The table, from each protocol's cells: the failures that are asked of all, then those that one alone adds."""
    own = [faults for mine in cells.values() for faults in mine if faults not in FAILURES]
    asked = dict.fromkeys([*FAILURES, *own])
    return tuple(
        PromiseRow(faults, {key: mine[faults] for key, mine in cells.items() if faults in mine}) for faults in asked
    )
