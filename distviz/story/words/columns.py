"""The columns of the services' tables by names for people. What is not known here is shown as the table calls it."""

from django.utils.translation import gettext as _


def title(name: str) -> str:
    """ "decided_by" → "decided by"."""
    plain = name.rpartition("__")[2]
    return {
        "acknowledged": _("acknowledged"),
        "acknowledged_at": _("acknowledged at"),
        "account": _("account"),
        "age": _("age"),
        "aggregate": _("aggregate"),
        "amount": _("amount"),
        "attempts": _("attempts"),
        "balance": _("balance"),
        "created_at": _("created at"),
        "data": _("data"),
        "decided_by": _("decided by"),
        "decision": _("decision"),
        "delta": _("change"),
        "done_at": _("done at"),
        "due_at": _("due at"),
        "duplicates": _("duplicates"),
        "ended": _("ended"),
        "ended_at": _("ended at"),
        "error": _("error"),
        "event_type": _("event"),
        "kind": _("kind"),
        "last_error": _("last error"),
        "locks": _("locks"),
        "message_id": _("message"),
        "name": _("name"),
        "participant": _("participant"),
        "payment": _("payment"),
        "position": _("position"),
        "published": _("published"),
        "received_at": _("received at"),
        "row": _("row"),
        "sent_at": _("sent at"),
        "service": _("service"),
        "since": _("since"),
        "status": _("status"),
        "text": _("text"),
        "tx_id": _("run"),
        "type": _("type"),
        "user_id": _("account"),
        "version": _("version"),
        "vote": _("vote"),
        "waiting": _("waiting"),
        "withdrawal_id": _("run"),
    }.get(plain, plain.replace("_id", "").replace("_", " "))
