"""What tests over all protocols have to know of this one; see tests/support/facts.py."""

MESSAGES = [
    "WithdrawalRequested",
    "DeductMoney",
    "MoneyDeducted",
    "ProcessPayment",
    "PaymentProcessed",
    "NotifyCustomer",
    "CustomerNotified",
]
# Statements, transactions that write, commands to Valkey.
MOST = (60, 32, 60)
NO_RETURN = "payment.after_commit"

TX, NONE, REFUSED, DECLINED = "tx_id = %(run)s", "", "payment.in_tx:decline", "account.in_tx:decline"
DELETED, OTHER = "", "11111111-1111-4111-8111-111111111111"
TABLE = "default.orchestrated_sagas"
EDITS = {
    ("orchestrated", TABLE, TX, NONE): {
        "steps_done = '{deduct}'": "I17b",
        "steps_done = '{}'": "I17b",
        "steps_undone = '{deduct}'": "I17",
        "steps_undone = '{charge}'": "I17",
        "turned_at = now()": "I17b",
        "amount = amount + 1": "I17b",
        "user_id = 'alice'": "I17b",
        "ended_at = NULL": "I17b",
        "tx_id = '" + OTHER + "'": "I17b",
        DELETED: "I17b",
    },
    ("orchestrated", TABLE, TX, REFUSED): {
        "given_back = false": "I17",
        "steps_done = '{deduct,charge}'": "I17",
        "turned_at = NULL": "I17b",
        DELETED: "I17b",
    },
    ("orchestrated", TABLE, TX, DECLINED): {
        "given_back = true": "I17",
        "steps_done = '{deduct}'": "I17",
        "turned_at = NULL": "I17b",
        DELETED: "I17b",
    },
}
