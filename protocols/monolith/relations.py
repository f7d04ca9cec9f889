"""The monolith's two tables, as `manage.py topology --json` names them."""

from distviz.stack import relations, rights

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

rights.register("monolith", "accounts", "coordinator", may="UPDATE (balance, updated_at, unchecked)", web=rights.LOCK)
rights.register("monolith", "transactions", "coordinator", may=rights.INSERT)
rights.register("monolith", "closed_withdrawals", "coordinator", may=rights.INSERT, web=rights.INSERT)
