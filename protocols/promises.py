"""What each protocol promises under each failure: one table, proved by the integration test, shown on `/promises/`.

Data only. A row is what is switched on, as `point:action[:times[:ms]]`; a protocol without a cell is not asked there.
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
class Row:
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
TWICE = Cell("inconsistent", "money_lost", AMOUNT, 2, ("withdrawn",))


COLUMNS = ("monolith", "dual_write", "two_phase", "saga", "event_sourcing", "outbox")
___ = None  # not asked: it has no such message, or how it ends depends on who is quicker


def _row(faults: str, *cells: Cell | None) -> Row:
    """One cell for each of COLUMNS."""
    return Row(faults, {key: cell for key, cell in zip(COLUMNS, cells, strict=True) if cell})


MATRIX: tuple[Row, ...] = (
    _row("", OK, OK, OK, OK, OK, OK),
    _row("payment.in_tx:decline", NO, LOST, NO, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("account.in_tx:decline", NO, NO, NO, NO, NO, NO),
    _row("payment.before_tx:error:2", OK, LOST, OK, OK, OK, OK),
    _row("payment.in_tx:error:2", OK, LOST, OK, OK, OK, OK),
    _row("payment.in_tx:error:99", GONE, LOST, GONE, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("account.in_tx:error:99", GONE, GONE, GONE, GONE, GONE, GONE),
    _row("payment.after_commit:error", OK, GHOST, OK, OK, OK, OK),
    _row("account.after_commit:error", OK, LOST, OK, OK, OK, OK),
    _row("account.before_tx:crash", OK, GONE, ___, OK, OK, OK),
    _row("account.in_tx:crash", OK, GONE, ___, OK, OK, OK),
    _row("account.after_commit:crash", OK, LOST, ___, OK, OK, OK),
    _row("payment.before_tx:crash", OK, LOST, ___, OK, OK, OK),
    _row("payment.in_tx:crash", OK, LOST, ___, OK, OK, OK),
    _row("payment.after_commit:crash", OK, GHOST, ___, OK, OK, OK),
    _row("payment.in_tx:crash:99", GONE, LOST, GONE, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("notification.after_commit:crash", OK, OK, ___, OK, OK, OK),
    _row("payment.in_tx:delay:1:700", OK, OK, OK, OK, OK, OK),
    _row("message.MoneyDeducted:drop", OK, LOST, ___, OK, OK, OK),
    _row("message.MoneyDeducted:duplicate", OK, TWICE, ___, OK, OK, OK),
    _row("message.MoneyDeducted:delay:1:500", OK, OK, ___, OK, OK, OK),
    _row("message.MoneyDeducted:reorder:1:500", OK, OK, ___, OK, OK, OK),
    _row("message.WithdrawalRequested:drop", OK, ___, ___, OK, OK, OK),
    _row("message.WithdrawalRequested:duplicate", OK, ___, ___, OK, OK, OK),
    _row("message.PaymentProcessed:drop", ___, GHOST, ___, OK, OK, OK),
    _row("message.PaymentProcessed:duplicate", ___, ___, ___, OK, OK, OK),
    _row("message.CustomerNotified:drop", ___, ___, ___, OK, OK, OK),
    _row("payment.in_tx:decline message.PaymentFailed:drop", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("payment.in_tx:decline message.PaymentFailed:duplicate", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("payment.in_tx:decline message.MoneyRefunded:drop", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("payment.in_tx:decline refund.in_tx:error:2", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("payment.in_tx:decline refund.in_tx:crash", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
    _row("payment.in_tx:decline refund.after_commit:crash", ___, ___, ___, COMPENSATED, COMPENSATED, COMPENSATED),
)
