"""The Account Service's outbox, as `manage.py topology --json` names it."""

from distviz.stack import relations, rights

relations.register(
    "outbox",
    "id",
    "event_type",
    "payload",
    "account",
    "withdrawal_id",
    "message_id",
    "created_at",
    "published",
    "status",
    "attempts",
    "last_error",
    "claimed_at",
    "sent_at",
    "acknowledged_at",
    alias="account",
    table="outbox",
)

# What a row says stays; where it stands changes, by its relay and by the operator's desk.
_STANDS = "UPDATE (status, attempts, claimed_at, due_at, published, sent_at, acknowledged_at, last_error, headers)"
for _service in ("account", "payment"):
    rights.register(_service, "outbox", _service, may=f"INSERT, {_STANDS}", web=_STANDS)
    rights.register(_service, "relay", _service, may=rights.CHANGE, web=rights.CHANGE)
    rights.register(_service, "outbox_counts", _service, may=rights.CHANGE, web=rights.CHANGE)  # by its triggers
