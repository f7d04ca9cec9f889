"""What tests over all protocols have to know of this one; see tests/support/facts.py."""

MESSAGES = ["WithdrawalRequested", "TryAccount", "PaymentTried", "ConfirmPayment", "AccountDone", "CustomerNotified"]
# Statements, transactions that write, commands to Valkey.
MOST = (82, 41, 76)
# A sweep may decide while the coordinator dies before it again and again; then it is certain as soon as all have tried.
NO_RETURN = "coordinator.after_decision account.before_confirm payment.before_confirm"

TX, NONE, REFUSED = "tx_id = %(run)s", "", "payment.in_tx:decline"
DELETED, OTHER = "", "11111111-1111-4111-8111-111111111111"
EDITS = {
    ("tcc", "account.tcc_reservations", TX, NONE): {
        "status = 'tried'": "I16b",
        "status = 'cancelled'": "I16c",
        "amount = amount + 1": "I16c",
        "user_id = 'alice'": "I16c",
        "tx_id = '" + OTHER + "'": "I16c",
        DELETED: "I16c",
    },
    ("tcc", "account.tcc_reservations", TX, REFUSED): {
        "status = 'tried'": "I16b",
        "status = 'tried', amount = 5000": "I16",
        "status = 'confirmed'": "I16c",
        DELETED: "I16d",
    },
    ("tcc", "payment.tcc_reservations", TX, NONE): {
        "status = 'tried'": "I16b",
        "status = 'refused'": "I16c",
        "amount = amount + 1": "I16c",
        DELETED: "I16c",
    },
    ("tcc", "default.tcc_transactions", TX, NONE): {
        "decision = 'CANCEL'": "I16d",
        "ends_as = 'failed'": "I16d",
        "amount = amount + 1": "I16d",
        "user_id = 'alice'": "I16d",
        "done = '{account}'": "I16d",
        "ended_at = NULL": "I16d",
        DELETED: "I16d",
    },
}
