"""The record and the reservations, as `manage.py topology --json` names them."""

from distviz.stack import relations, rights

relations.register(
    "tcc_transactions",
    "user_id",
    "amount",
    "decision",
    "ends_as",
    "decided_at",
    "ended_at",
    alias="default",
    table="tcc_transactions",
    id="tx_id",
    run_id="tx_id",
    withdrawal_id="tx_id",
)
for _service in ("account", "payment"):
    relations.register(
        f"{_service}_reservations", "tx_id", "user_id", "amount", "status", alias=_service, table="tcc_reservations"
    )
    rights.register(_service, "tcc_reservations", _service, may="INSERT, UPDATE (status, reason, why, updated_at)")

_CHANGES = "tried, decision, ends_as, reason, why, decided_by, decided_at, done, asked, updated_at, ended_at"
rights.register(
    "default",
    "tcc_transactions",
    "coordinator",
    may=f"INSERT, UPDATE ({_CHANGES})",
)
