"""The event store and its read models, as `manage.py topology --json` names them."""

from distviz.stack import relations, rights

relations.register(
    "events",
    "position",
    "aggregate",
    "version",
    "type",
    "withdrawal_id",
    "data",
    alias="events",
    table="events",
    id="position",
    stream="aggregate",
    timestamp="at",
)

relations.register("projection", "account", "balance", "version", "position", alias="events", table="balance_view")

relations.register(
    "history",
    "position",
    "account",
    "type",
    "delta",
    "balance",
    "withdrawal_id",
    "at",
    alias="events",
    table="history_view",
)

relations.register("checkpoint", "name", "position", "stopped", alias="events", table="checkpoint")

# The store is appended to by the Account Service. Everything else is derived from it: the projector and the desk make
# it anew.
rights.register("events", "events", "account", may=rights.INSERT)
for _table in ("snapshots", "stream_balances", "open_withdrawals"):
    rights.register("events", _table, "account", may=rights.ALL, web=rights.ALL)
for _table in ("balance_view", "history_view", "checkpoint"):
    rights.register("events", _table, "coordinator", may=rights.ALL, web=rights.ALL)
