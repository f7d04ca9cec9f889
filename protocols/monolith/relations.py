"""The monolith's two tables, as `manage.py topology --json` names them."""

from distviz.stack import relations

relations.register("monolith_accounts", "id", "name", "opening", "balance", alias="monolith", table="accounts")

relations.register(
    "monolith_transactions",
    "id",
    "withdrawal_id",
    "type",
    "amount",
    alias="monolith",
    table="transactions",
    account_id="user_id",
)
