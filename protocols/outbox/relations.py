"""The Account Service's outbox, as `manage.py topology --json` names it."""

from distviz.stack import relations

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
