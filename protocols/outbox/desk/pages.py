"""The outboxes as they are now: every row of every state, its counts and ages, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from distviz.errors import BadRequest
from distviz.services.places import Place
from protocols.outbox.desk import switch
from protocols.outbox.desk.switch import Switch
from protocols.outbox.models import STATES, Outbox, PaymentOutbox

PAGE = 30
TABLES = (Outbox, PaymentOutbox)

# A filter that is not set ("" or NULL) is no condition: the planner of a page's query takes it out.
COUNTS = """
SELECT status, count(*) AS n FROM outbox
WHERE (%(account)s::text = '' OR account = %(account)s)
    AND (%(run)s::uuid IS NULL OR withdrawal_id = %(run)s OR message_id = %(run)s)
GROUP BY status
"""
# The same without a filter: what is acknowledged is counted already, all else is little.
ALL_COUNTS = """
SELECT status, count(*) AS n, min(created_at) AS since FROM outbox
WHERE status IN ('pending', 'publishing', 'sent', 'dead') GROUP BY status
UNION ALL SELECT 'acknowledged', sum(n)::bigint, NULL FROM outbox_counts HAVING sum(n) <> 0
"""
OLDEST = """
SELECT status, extract(epoch FROM clock_timestamp() - min(created_at))::float AS age FROM outbox
WHERE status IN ('pending', 'publishing', 'sent', 'dead')
    AND (%(account)s::text = '' OR account = %(account)s)
    AND (%(run)s::uuid IS NULL OR withdrawal_id = %(run)s OR message_id = %(run)s)
GROUP BY status
"""
ROWS = """
SELECT id, event_type, account, withdrawal_id::text AS run, message_id::text AS message, status, attempts, last_error,
    created_at, due_at, claimed_at, sent_at, acknowledged_at, payload, headers,
    extract(epoch FROM clock_timestamp() - created_at)::float AS age,
    extract(epoch FROM due_at - clock_timestamp())::float AS due_in
FROM outbox
WHERE (%(account)s::text = '' OR account = %(account)s)
    AND (%(run)s::uuid IS NULL OR withdrawal_id = %(run)s OR message_id = %(run)s)
    AND (%(state)s::text = '' OR status = %(state)s)
    AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Selection:
    """What a page's query selects. `before` says for each outbox after which row this page begins."""

    state: str = ""
    account: str = ""
    run: str = ""
    before: Mapping[str, int] = field(default_factory=dict)

    @property
    def narrow(self) -> bool:
        """Whether the kept counts cannot answer for it."""
        return bool(self.account or self.run)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Selection":
        """Raises BadRequest, naming the field."""
        given = {name: query.get(name, "").strip() for name in ("state", "account", "run")}
        if given["state"] not in ("", *STATES):
            raise BadRequest("state", "outbox_which_state", states=", ".join(STATES))
        if len(given["account"]) > 40 or not given["account"].isprintable():
            raise BadRequest("account", "outbox_which_account")
        try:
            given["run"] = str(UUID(given["run"])) if given["run"] else ""
        except ValueError:
            raise BadRequest("run", "outbox_which_run") from None
        return cls(**given, before=_places(query.get("before", "")))


@dataclass(frozen=True)
class OutboxSide:
    """The outbox of one service."""

    service: str
    relay: Switch
    counts: dict[str, int]
    oldest: dict[str, float]
    rows: list[dict[str, Any]]

    @property
    def waiting(self) -> int:
        """Committed and not published."""
        return self.counts["pending"] + self.counts["publishing"]


def side(place: Place, asked: Selection) -> OutboxSide:
    """One outbox: its relay, its counts (of all states, whichever state is asked for), and a page of its rows."""
    values = {"account": asked.account, "run": asked.run or None, "state": asked.state, "limit": PAGE + 1}
    values["before"] = asked.before.get(place.name)
    counts = {row["status"]: row["n"] for row in place.ask(COUNTS if asked.narrow else ALL_COUNTS, values)}
    oldest = {row["status"]: row["age"] for row in place.ask(OLDEST, values)}
    rows = [{"store": place.name, **row} for row in place.ask(ROWS, values)]
    return OutboxSide(place.name, switch.now(place), dict.fromkeys(STATES, 0) | counts, oldest, rows)


def newest(
    pages: Mapping[str, list[dict[str, Any]]], before: Mapping[str, int], size: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """The newest rows of several outboxes, each in the order of its own ids, and where the next page begins ("" if
    there is none). A page that is not the last has more rows than can be shown."""
    heads = dict.fromkeys(pages, 0)
    shown: list[dict[str, Any]] = []
    while len(shown) < size and (left := _left(pages, heads)):
        store = max(left, key=lambda one: pages[one][heads[one]]["created_at"])
        shown.append(pages[store][heads[store]])
        heads[store] += 1
    if not _left(pages, heads):
        return shown, ""
    begins = dict(before)
    for store, rows in pages.items():
        if rows:
            begins[store] = rows[heads[store] - 1]["id"] if heads[store] else rows[0]["id"] + 1
    return shown, ".".join(f"{store}-{number}" for store, number in begins.items())


def _left(pages: Mapping[str, list[dict[str, Any]]], heads: Mapping[str, int]) -> list[str]:
    return [store for store, rows in pages.items() if heads[store] < len(rows)]


def _places(text: str) -> dict[str, int]:
    """account-12.payment-7 → {"account": 12, "payment": 7}"""
    found: dict[str, int] = {}
    for part in filter(None, text.split(".")):
        store, _dash, number = part.partition("-")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise BadRequest("before", "outbox_which_page")
        found[store] = int(number)
    return found


def outbox_rows(*, account: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """The newest rows of both outboxes, for a panel; `store` says whose each is."""
    wanted = {"account": account} if account else {}
    columns = ("id", "event_type", "account", "withdrawal_id", "status", "attempts", "last_error", "created_at")
    rows: list[dict[str, Any]] = []
    for table in TABLES:
        found = table._default_manager.filter(**wanted).order_by("-id").values(*columns)[:limit]
        rows += [{"store": table.database, **row} for row in found]
    return sorted(rows, key=lambda row: row["created_at"], reverse=True)[:limit]
