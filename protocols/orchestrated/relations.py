"""The saga log, as `manage.py topology --json` names it."""

from distviz.stack import relations, rights

relations.register(
    "orchestrated_sagas",
    "user_id",
    "amount",
    "steps_done",
    "steps_undone",
    "given_back",
    "turned_at",
    "ended_at",
    alias="default",
    table="orchestrated_sagas",
    id="tx_id",
    run_id="tx_id",
    withdrawal_id="tx_id",
)
rights.register(
    "default",
    "orchestrated_sagas",
    "coordinator",
    may="INSERT, UPDATE (steps_done, steps_undone, given_back, reason, why, updated_at, turned_at, ended_at)",
)
