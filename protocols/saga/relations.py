"""The saga log, as `manage.py topology --json` names it."""

from distviz.stack import relations, rights

relations.register("saga_log", "tx_id", "user_id", "amount", "status", alias="account", table="saga_log")

rights.register("account", "saga_log", "account", may="INSERT, UPDATE (status, reason, why, updated_at, closed_at)")
