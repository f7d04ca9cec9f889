"""The event store and its read models, as `manage.py topology --json` names them."""

from distviz.stack import relations

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
