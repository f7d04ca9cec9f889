"""The decision log and the participants' markers, as `manage.py topology --json` names them."""

from distviz.stack import relations, rights

relations.register(
    "decisions",
    "decision",
    "reason",
    "decided_by",
    "at",
    "ended_at",
    alias="default",
    table="two_phase_decisions",
    id="tx_id",
    run_id="tx_id",
    withdrawal_id="tx_id",
)

relations.register(
    "votes",
    "vote",
    "voted_at",
    "done_at",
    alias="default",
    table="two_phase_participants",
    run_id="tx_id",
    withdrawal_id="tx_id",
    participant="name",
)

relations.register(
    "account_markers", "at", alias="account", table="two_phase_marker", id="tx_id", withdrawal_id="tx_id"
)

relations.register(
    "payment_markers", "at", alias="payment", table="two_phase_marker", id="tx_id", withdrawal_id="tx_id"
)

# Each participant keeps its own vote, and recovery in any of them decides what nobody else will.
_ENDS = "INSERT, UPDATE (ended_at)"
rights.register("default", "two_phase_decisions", *rights.EVERY_SERVICE, may=_ENDS, web=_ENDS)
rights.register("default", "two_phase_participants", *rights.EVERY_SERVICE, may=rights.CHANGE, web=rights.CHANGE)
rights.register("account", "two_phase_marker", "account", may=rights.INSERT)
rights.register("payment", "two_phase_marker", "payment", may=rights.INSERT)
