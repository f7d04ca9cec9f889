"""What may be changed by hand: the columns of all tables that say something of money, and which promise it breaks."""

from dataclasses import dataclass

from distviz.services.shared_books import SharedBooks
from protocols.registry import PROTOCOLS
from tests.support import facts

RUN, OF = "id = %(run)s", "withdrawal_id = %(run)s"
TX, MINE = "tx_id = %(run)s", "name = %(name)s"
REFUSED = "payment.in_tx:decline"
STREAM = "aggregate = 'account:' || %(name)s"
DEDUCTED = f"{OF} AND type = 'MoneyDeducted'"
DELETED, NONE = "", ""
OTHER = "11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True)
class Edit:
    """`do` to the rows of `table` with `where` (no `do`: they are deleted); it has to break `breaks`."""

    protocol: str
    alias: str
    table: str
    where: str
    do: str
    breaks: str
    faults: str = ""

    @property
    def name(self) -> str:
        return f"{self.protocol}: {self.table} {self.do or 'deleted'}{' after ' + self.faults if self.faults else ''}"


ACCOUNTS = [key for key, protocol in PROTOCOLS.items() if isinstance(protocol.books, SharedBooks)]
SHARED = " ".join(key for key in ACCOUNTS if key != "event_sourcing")  # its accounts are streams
ALL = f"monolith event_sourcing {SHARED}"
LOSSLESS = " ".join(key for key in ALL.split() if not PROTOCOLS[key].may_lose)
RECEIVES = " ".join(key for key in SHARED.split() if getattr(PROTOCOLS[key].books, "receives", ()))
# Whose rows (protocols, table, which of them, after which fault): what is done to them, and what that breaks.
EDITS_OF: dict[tuple[str, str, str, str], dict[str, str]] = {
    # what a run says of itself
    (ALL, "default.runs", RUN, NONE): {
        "amount = amount + 1": "I13",
        "account = 'alice'": "I4b",
        "status = 'failed'": "I15",
        "status = 'compensated'": "I15",
        "status = 'running'": "I15",
        "status = 'failed', ending = 'failed'": "I15",
        "finished_at = NULL, updated_at = now() + interval '1 hour'": "I15",
        "verdict = 'money_lost'": "I15",
        "outcome = 'all is well'": "I13",
        "outcome_code = 'given_back'": "I13",
        "outcome_params = '{\"x\": 1}'": "I13",
        "seq = seq + 1": "I13",
    },
    (ALL, "default.run_events", "run_id = %(run)s AND seq = 3", NONE): {
        DELETED: "I13",
    },
    (ALL, "default.run_events", "run_id = %(run)s AND kind = 'finished'", NONE): {
        DELETED: "I13",
    },
    (ALL, "default.run_counts", "protocol = %(protocol)s AND n > 0", NONE): {
        "n = n + 1": "I13b",
    },
    ("saga", "default.runs", RUN, NONE): {
        "protocol = 'outbox'": "I4b",
    },
    (LOSSLESS, "default.runs", RUN, NONE): {
        "status = 'inconsistent', ending = 'inconsistent'": "I15",
    },
    ("dual_write", "default.runs", RUN, NONE): {
        "status = 'inconsistent', ending = 'inconsistent'": "I21",
    },
    ("dual_write", "default.runs", RUN, REFUSED): {
        'outcome_params = \'{"amount": "1.00"}\'': "I21",
    },
    # accounts, ledger, payments
    (SHARED, "account.accounts", f"protocol = %(protocol)s AND {MINE}", NONE): {
        "balance = balance + 1": "I1",
        "opening = opening + 1": "I1",
        "name = 'zoe'": "I4b",
    },
    (SHARED, "account.ledger", OF, NONE): {
        "delta = delta - 1": "I1",
        "withdrawal_id = '" + OTHER + "'": "I4b",
        "account_id = (SELECT min(id) FROM accounts WHERE protocol = %(protocol)s)": "I4b",
        DELETED: "I1",
    },
    (f"event_sourcing {SHARED}", "payment.payments", OF, NONE): {
        "amount = amount + 1": "I4b",
        "account = 'alice'": "I4b",
        "status = 'FAILED'": "I15",
        "status = 'PENDING'": "I4c",
        "protocol = 'monolith'": "I15",
        "withdrawal_id = '" + OTHER + "'": "I4b",
        "idempotent = NOT idempotent": "I4c",
        DELETED: "I15",
    },
    ("saga outbox event_sourcing", "payment.payments", OF, REFUSED): {
        "status = 'COMPLETED'": "I15",
        DELETED: "I15",
    },
    (ALL, "default.runs", RUN, REFUSED): {
        "status = 'succeeded'": "I15",
    },
    ("saga outbox", "account.ledger", f"{OF} AND kind = 'refund'", REFUSED): {
        DELETED: "I1",
    },
    (RECEIVES, "account.inbox", f"{OF} AND consumer LIKE '%%.account'", NONE): {
        DELETED: "I10c",
    },
    (RECEIVES, "payment.inbox", OF, NONE): {
        DELETED: "I10c",
        "withdrawal_id = '" + OTHER + "'": "I10c",
    },
    ("event_sourcing", "payment.inbox", OF, NONE): {
        DELETED: "I10c",
    },
    # what a protocol writes for itself
    ("monolith", "monolith.accounts", MINE, NONE): {
        "balance = balance + 1": "I1",
        "opening = opening + 1": "I1",
    },
    ("monolith", "monolith.transactions", OF, NONE): {
        "amount = amount + 1": "I1",
        "user_id = (SELECT min(id) FROM accounts)": "I4b",
        "type = 'deposit'": "I4c",
        "withdrawal_id = '" + OTHER + "'": "I4b",
        DELETED: "I15",
    },
    ("saga", "account.saga_log", TX, NONE): {
        "status = 'compensated'": "I8b",
        "status = 'declined'": "I8b",
        "status = 'pending'": "I8b",
        "amount = amount + 1": "I8b",
        "user_id = 'alice'": "I8b",
        "closed_at = NULL": "I8b",
        DELETED: "I8b",
    },
    ("saga", "account.saga_log", TX, REFUSED): {
        "status = 'completed'": "I8b",
    },
    ("outbox", "account.outbox", OF, NONE): {
        "event_type = 'MoneyRefunded'": "I9",
        """payload = jsonb_set(payload, '{amount}', '"1.00"')""": "I9d",
        """payload = jsonb_set(payload, '{user_id}', '"alice"')""": "I9d",
        "payload = '{}'": "I9d",
        "account = 'alice'": "I9d",
        "message_id = gen_random_uuid()": "I9d",
        "withdrawal_id = '" + OTHER + "'": "I9",
        "status = 'sent', attempts = 99, claimed_at = now()": "I9b",
        "status = 'dead'": "I9b",
        "published = false": "I9d",
        "sent_at = NULL": "I9d",
        "acknowledged_at = NULL": "I9d",
        DELETED: "I9",
    },
    ("outbox", "payment.outbox", OF, NONE): {
        """payload = jsonb_set(payload, '{amount}', '"1.00"')""": "I9d",
        "event_type = 'PaymentFailed'": "I9",
        "account = 'alice'": "I9d",
        DELETED: "I9",
    },
    ("two_phase", "default.two_phase_decisions", TX, NONE): {
        "decision = 'ABORT'": "I6b",
        "ends_as = 'failed'": "I6d",
        "ended_at = NULL": "I6d",
        DELETED: "I6d",
    },
    ("two_phase", "default.two_phase_participants", f"{TX} AND name = 'payment'", NONE): {
        "vote = 'NO'": "I6",
        "name = 'somebody'": "I6",
        DELETED: "I6",
    },
    ("two_phase", "account.two_phase_marker", TX, NONE): {
        DELETED: "I6c",
        "tx_id = '" + OTHER + "'": "I6b",
        "did = '{}'": "I6d",
    },
    ("two_phase", "payment.two_phase_marker", TX, NONE): {
        DELETED: "I6c",
    },
    ("event_sourcing", "events.balance_view", "account = %(name)s", NONE): {
        "balance = balance + 1": "I12",
        "version = version - 1": "I12",
        "position = position - 1": "I12",
        "at = at - interval '1 day'": "I12",
        "error = 'x'": "I12",
        DELETED: "I12",
    },
    ("event_sourcing", "events.history_view", OF, NONE): {
        "balance = balance + 1": "I12",
        "delta = delta - 1": "I12",
        "account = 'alice'": "I12",
        "type = 'MoneyRefunded'": "I12",
        "withdrawal_id = NULL": "I12",
        "at = at - interval '1 day'": "I12",
        DELETED: "I12",
    },
    ("event_sourcing", "events.stream_balances", STREAM, NONE): {
        "balance = balance + 1": "I2b",
        "version = version + 1": "I2b",
        DELETED: "I2b",
    },
    ("event_sourcing", "events.checkpoint", "true", NONE): {
        "position = position + 1000": "I12",
    },
    # past the guards, as a superuser can
    ("event_sourcing", "events.events", DEDUCTED, NONE): {
        """data = jsonb_set(data, '{amount}', '"1.00"')""": "I4",
        "aggregate = 'account:nobody'": "I11",
        "withdrawal_id = '" + OTHER + "'": "I4b",
        "type = 'BalanceRead'": "I4",
    },
    ("event_sourcing", "events.events", f"{OF} AND type = 'PaymentProcessed'", NONE): {
        DELETED: "I11",
    },
    ("event_sourcing", "events.events", f"{OF} AND type = 'WithdrawalCompleted'", NONE): {
        DELETED: "I12b",
    },
}
for _own in facts.each("EDITS").values():
    EDITS_OF |= _own
EDITS = [
    Edit(protocol, *table.split("."), where, do, breaks, faults)
    for (protocols, table, where, faults), edits in EDITS_OF.items()
    for protocol in protocols.split()
    for do, breaks in edits.items()
]
