"""The six protocols, in the order in which one learns them. A new one is a folder beside them and one line here."""

from distviz.errors import NotFound
from distviz.runs import asking
from protocols.catalogue import Protocol
from protocols.dual_write import lesson as dual_write
from protocols.event_sourcing import lesson as event_sourcing
from protocols.monolith import lesson as monolith
from protocols.outbox import lesson as outbox
from protocols.saga import lesson as saga
from protocols.two_phase import lesson as two_phase

PROTOCOLS: dict[str, Protocol] = {
    lesson.PROTOCOL.key: lesson.PROTOCOL
    for lesson in (
        monolith,
        dual_write,
        two_phase,
        saga,
        event_sourcing,
        outbox,
    )
}

for _protocol in PROTOCOLS.values():
    asking.HAS_ACCOUNT[_protocol.key] = _protocol.has_account

# Where the logical tables of docs/contract.md really are; `manage.py topology --json` prints it.
RELATIONS = {
    "accounts": {
        "alias": "account",
        "table": "accounts",
        "columns": {
            "id": "id",
            "protocol": "protocol",
            "name": "name",
            "opening": "opening",
            "balance": "balance",
        },
    },
    "ledger": {
        "alias": "account",
        "table": "ledger",
        "columns": {
            "id": "id",
            "account_id": "account_id",
            "withdrawal_id": "withdrawal_id",
            "kind": "kind",
            "delta": "delta",
        },
    },
    "payments": {
        "alias": "payment",
        "table": "payments",
        "columns": {
            "id": "id",
            "withdrawal_id": "withdrawal_id",
            "protocol": "protocol",
            "account": "account",
            "amount": "amount",
            "status": "status",
        },
    },
    "notifications": {
        "alias": "notification",
        "table": "notifications",
        "columns": {
            "id": "_id",
            "withdrawal_id": "withdrawal_id",
            "protocol": "protocol",
            "kind": "kind",
            "amount": "cents",
        },
    },
    "runs": {
        "alias": "default",
        "table": "runs",
        "columns": {
            "id": "id",
            "protocol": "protocol",
            "account": "account",
            "amount": "amount",
            "status": "status",
            "updated_at": "updated_at",
            "finished_at": "finished_at",
        },
    },
    "run_events": {
        "alias": "default",
        "table": "run_events",
        "columns": {
            "run_id": "run_id",
            "seq": "seq",
            "at": "at",
            "kind": "kind",
            "name": "name",
            "phase": "phase",
        },
    },
    "inbox": {
        "alias": "payment",
        "table": "inbox",
        "columns": {
            "consumer": "consumer",
            "message_id": "message_id",
            "withdrawal_id": "withdrawal_id",
            "duplicates": "duplicates",
        },
    },
    "dead_letters": {
        "alias": "default",
        "table": "dead_letters",
        "columns": {
            "id": "id",
            "run_id": "run_id",
            "service": "service",
            "digest": "digest",
            "error": "error",
            "attempts": "attempts",
            "state": "state",
        },
    },
    "outbox": {
        "alias": "account",
        "table": "outbox",
        "columns": {
            "id": "id",
            "event_type": "event_type",
            "payload": "payload",
            "account": "account",
            "withdrawal_id": "withdrawal_id",
            "message_id": "message_id",
            "created_at": "created_at",
            "published": "published",
            "status": "status",
            "attempts": "attempts",
            "last_error": "last_error",
            "claimed_at": "claimed_at",
            "sent_at": "sent_at",
            "acknowledged_at": "acknowledged_at",
        },
    },
    "events": {
        "alias": "events",
        "table": "events",
        "columns": {
            "id": "position",
            "position": "position",
            "aggregate": "aggregate",
            "stream": "aggregate",
            "version": "version",
            "type": "type",
            "withdrawal_id": "withdrawal_id",
            "data": "data",
            "timestamp": "at",
        },
    },
    "projection": {
        "alias": "events",
        "table": "balance_view",
        "columns": {"account": "account", "balance": "balance", "version": "version", "position": "position"},
    },
    "history": {
        "alias": "events",
        "table": "history_view",
        "columns": {
            "position": "position",
            "account": "account",
            "type": "type",
            "delta": "delta",
            "balance": "balance",
            "withdrawal_id": "withdrawal_id",
            "at": "at",
        },
    },
    "checkpoint": {
        "alias": "events",
        "table": "checkpoint",
        "columns": {"name": "name", "position": "position", "stopped": "stopped"},
    },
    "decisions": {
        "alias": "default",
        "table": "two_phase_decisions",
        "columns": {
            "id": "tx_id",
            "run_id": "tx_id",
            "withdrawal_id": "tx_id",
            "decision": "decision",
            "reason": "reason",
            "decided_by": "decided_by",
            "at": "at",
            "ended_at": "ended_at",
        },
    },
    "votes": {
        "alias": "default",
        "table": "two_phase_participants",
        "columns": {
            "run_id": "tx_id",
            "withdrawal_id": "tx_id",
            "participant": "name",
            "vote": "vote",
            "voted_at": "voted_at",
            "done_at": "done_at",
        },
    },
    "account_markers": {
        "alias": "account",
        "table": "two_phase_marker",
        "columns": {"id": "tx_id", "withdrawal_id": "tx_id", "at": "at"},
    },
    "payment_markers": {
        "alias": "payment",
        "table": "two_phase_marker",
        "columns": {"id": "tx_id", "withdrawal_id": "tx_id", "at": "at"},
    },
    "saga_log": {
        "alias": "account",
        "table": "saga_log",
        "columns": {"tx_id": "tx_id", "user_id": "user_id", "amount": "amount", "status": "status"},
    },
    "monolith_accounts": {
        "alias": "monolith",
        "table": "accounts",
        "columns": {"id": "id", "name": "name", "opening": "opening", "balance": "balance"},
    },
    "monolith_transactions": {
        "alias": "monolith",
        "table": "transactions",
        "columns": {
            "id": "id",
            "withdrawal_id": "withdrawal_id",
            "account_id": "user_id",
            "type": "type",
            "amount": "amount",
        },
    },
}


def get(key: str) -> Protocol:
    """Raises NotFound for a key that is no protocol's."""
    if key not in PROTOCOLS:
        raise NotFound(f"No such protocol; there are {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[key]
