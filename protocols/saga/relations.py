"""The saga log, as `manage.py topology --json` names it."""

from distviz.stack import relations

relations.register("saga_log", "tx_id", "user_id", "amount", "status", alias="account", table="saga_log")
