"""The decision log and the participants' markers, as `manage.py topology --json` names them."""

from distviz.stack import relations

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
