"""Where the logical tables of docs/contract.md really are; `manage.py topology --json` prints it.

The platform's and the services' own tables are here; each protocol registers its own from its folder.
"""

from typing import Any

RELATIONS: dict[str, dict[str, Any]] = {}


def register(name: str, *columns: str, alias: str, table: str, **renamed: str) -> None:
    """A table: its database, its name there, its columns, and those that are called otherwise there."""
    if name in RELATIONS:
        raise ValueError(f"the relation {name!r} is registered already")
    same = {column: column for column in columns}
    RELATIONS[name] = {"alias": alias, "table": table, "columns": same | renamed}


register("accounts", "id", "protocol", "name", "opening", "balance", alias="account", table="accounts")
register("ledger", "id", "account_id", "withdrawal_id", "kind", "delta", alias="account", table="ledger")
register(
    "payments", "id", "withdrawal_id", "protocol", "account", "amount", "status", alias="payment", table="payments"
)
register(
    "notifications",
    "withdrawal_id",
    "protocol",
    "kind",
    alias="notification",
    table="notifications",
    id="_id",
    amount="cents",
)
register(
    "runs", "id", "protocol", "account", "amount", "status", "updated_at", "finished_at", alias="default", table="runs"
)
register("run_events", "run_id", "seq", "at", "kind", "name", "phase", alias="default", table="run_events")
register("inbox", "consumer", "message_id", "withdrawal_id", "duplicates", alias="payment", table="inbox")
register(
    "dead_letters",
    "id",
    "run_id",
    "service",
    "digest",
    "error",
    "attempts",
    "state",
    alias="default",
    table="dead_letters",
)
