"""The statuses and verdicts of docs/contract.md."""

OPEN = [
    "pending",
    "running",
    "retrying",
    "waiting_lock",
    "in_doubt",
    "committing",
    "compensating",
    "delivering",
    "catching_up",
]
FINAL = ["succeeded", "declined", "failed", "compensated", "inconsistent", "needs_attention"]
STATUSES = OPEN + FINAL
VERDICTS = ["consistent", "temporarily_inconsistent", "in_doubt", "money_lost", "paid_twice"]
