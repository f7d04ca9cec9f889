"""The payments of one protocol, as the auditor reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from distviz.services.gaps import ZERO
from distviz.services.places import PAYMENT, of_runs
from distviz.trace import known, unguarded

if TYPE_CHECKING:
    from distviz.services.agreement import RunStates

# `amount` is what was paid, if anything. A payment is odd if it is neither made nor refused, or not guarded against a
# second one as it has to be.
_MADE = f"""
SELECT withdrawal_id::text AS id, sum(amount) FILTER (WHERE status = 'COMPLETED') AS amount, count(*) AS payments,
    array_agg(DISTINCT account) AS accounts, array_agg(DISTINCT amount) AS amounts,
    bool_or(status = 'FAILED') AS refused,
    bool_or(status NOT IN ('COMPLETED', 'FAILED') OR NOT %(unguarded)s AND idempotent = %(lossy)s) AS odd
FROM payments WHERE protocol = %(p)s AND {unguarded.of_book("account")}
    AND ({of_runs("withdrawal_id")} OR id > %(after)s) GROUP BY withdrawal_id
"""
_NEWEST = "SELECT COALESCE(max(id), 0) AS id FROM payments"


@dataclass(frozen=True)
class Payments:
    """By withdrawal; `rows` has those that were refused, too."""

    rows: Mapping[str, Mapping[str, Any]]

    @cached_property
    def paid(self) -> dict[str, Mapping[str, Any]]:
        return {run: row for run, row in self.rows.items() if row["amount"] is not None}

    @cached_property
    def refused(self) -> set[str]:
        return {run for run, row in self.rows.items() if row["refused"]}

    @property
    def total(self) -> Decimal:
        return sum((row["amount"] for row in self.paid.values()), ZERO)

    @property
    def twice(self) -> list[str]:
        return [run for run, row in self.rows.items() if row["payments"] > 1]

    @property
    def odd(self) -> list[str]:
        return [run for run, row in self.rows.items() if row["odd"]]


def read(protocol: str, runs: "RunStates", after: int | None = None) -> Payments:
    """All of them, or those of these runs and, whoever's they are, the rows after that one."""
    asked = {"p": protocol, "lossy": known.may_lose(protocol), "after": after, **runs.asked}
    return Payments({row["id"]: row for row in PAYMENT.ask(_MADE, asked)})


def newest() -> int:
    return int(PAYMENT.ask(_NEWEST)[0]["id"])
