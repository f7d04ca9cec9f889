"""What may be changed by hand: the columns of all tables that say something of money, and which promise it breaks."""

from dataclasses import dataclass

RUN, OF = "id = %(run)s", "withdrawal_id = %(run)s"
TX, MINE = "tx_id = %(run)s", "name = %(name)s"
REFUSED = "payment.in_tx:decline"
STREAM = "aggregate = 'account:' || %(name)s"
DEDUCTED = f"{OF} AND type = 'MoneyDeducted'"
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


def every(protocols: str, *edits: tuple[str, str, str, str, str]) -> list[Edit]:
    return [Edit(protocol, *edit) for protocol in protocols.split() for edit in edits]


SHARED = "dual_write two_phase saga outbox"
ALL = f"monolith event_sourcing {SHARED}"
EDITS = [
    # what a run says of itself
    *every(
        ALL,
        ("default", "runs", RUN, "amount = amount + 1", "I13"),
        ("default", "runs", RUN, "account = 'alice'", "I4b"),
        ("default", "runs", RUN, "status = 'failed'", "I15"),
        ("default", "runs", RUN, "status = 'compensated'", "I15"),
        ("default", "runs", RUN, "status = 'running'", "I15"),
        ("default", "runs", RUN, "status = 'failed', ending = 'failed'", "I15"),
        ("default", "runs", RUN, "finished_at = NULL, updated_at = now() + interval '1 hour'", "I15"),
        ("default", "runs", RUN, "verdict = 'money_lost'", "I15"),
        ("default", "runs", RUN, "outcome = 'all is well'", "I13"),
        ("default", "runs", RUN, "outcome_code = 'given_back'", "I13"),
        ("default", "runs", RUN, "outcome_params = '{\"x\": 1}'", "I13"),
        ("default", "runs", RUN, "seq = seq + 1", "I13"),
        ("default", "run_events", "run_id = %(run)s AND seq = 3", "", "I13"),
        ("default", "run_events", "run_id = %(run)s AND kind = 'finished'", "", "I13"),
        ("default", "run_counts", "protocol = %(protocol)s AND n > 0", "n = n + 1", "I13b"),
    ),
    *every("saga", ("default", "runs", RUN, "protocol = 'outbox'", "I4b")),
    *every(
        "monolith event_sourcing two_phase saga outbox",
        ("default", "runs", RUN, "status = 'inconsistent', ending = 'inconsistent'", "I15"),
    ),
    *every("dual_write", ("default", "runs", RUN, "status = 'inconsistent', ending = 'inconsistent'", "I21")),
    Edit("dual_write", "default", "runs", RUN, 'outcome_params = \'{"amount": "1.00"}\'', "I21", REFUSED),
    # accounts, ledger, payments
    *every(
        SHARED,
        ("account", "accounts", f"protocol = %(protocol)s AND {MINE}", "balance = balance + 1", "I1"),
        ("account", "accounts", f"protocol = %(protocol)s AND {MINE}", "opening = opening + 1", "I1"),
        ("account", "accounts", f"protocol = %(protocol)s AND {MINE}", "name = 'zoe'", "I4b"),
        ("account", "ledger", OF, "delta = delta - 1", "I1"),
        ("account", "ledger", OF, "withdrawal_id = '" + OTHER + "'", "I4b"),
        ("account", "ledger", OF, "account_id = (SELECT min(id) FROM accounts WHERE protocol = %(protocol)s)", "I4b"),
        ("account", "ledger", OF, "", "I1"),
    ),
    *every(
        f"event_sourcing {SHARED}",
        ("payment", "payments", OF, "amount = amount + 1", "I4b"),
        ("payment", "payments", OF, "account = 'alice'", "I4b"),
        ("payment", "payments", OF, "status = 'FAILED'", "I15"),
        ("payment", "payments", OF, "status = 'PENDING'", "I4c"),
        ("payment", "payments", OF, "protocol = 'monolith'", "I15"),
        ("payment", "payments", OF, "withdrawal_id = '" + OTHER + "'", "I4b"),
        ("payment", "payments", OF, "idempotent = NOT idempotent", "I4c"),
        ("payment", "payments", OF, "", "I15"),
    ),
    *[
        Edit(protocol, "payment", "payments", OF, do, "I15", REFUSED)
        for protocol in ("saga", "outbox", "event_sourcing")
        for do in ("status = 'COMPLETED'", "")
    ],
    *[Edit(protocol, "default", "runs", RUN, "status = 'succeeded'", "I15", REFUSED) for protocol in ALL.split()],
    *[
        Edit(protocol, "account", "ledger", f"{OF} AND kind = 'refund'", "", "I1", REFUSED)
        for protocol in ("saga", "outbox")
    ],
    *every(
        "saga outbox",
        ("account", "inbox", f"{OF} AND consumer LIKE '%%.account'", "", "I10c"),
        ("payment", "inbox", OF, "", "I10c"),
        ("payment", "inbox", OF, "withdrawal_id = '" + OTHER + "'", "I10c"),
    ),
    *every("event_sourcing", ("payment", "inbox", OF, "", "I10c")),
    # what a protocol writes for itself
    *every(
        "monolith",
        ("monolith", "accounts", MINE, "balance = balance + 1", "I1"),
        ("monolith", "accounts", MINE, "opening = opening + 1", "I1"),
        ("monolith", "transactions", OF, "amount = amount + 1", "I1"),
        ("monolith", "transactions", OF, "user_id = (SELECT min(id) FROM accounts)", "I4b"),
        ("monolith", "transactions", OF, "type = 'deposit'", "I4c"),
        ("monolith", "transactions", OF, "withdrawal_id = '" + OTHER + "'", "I4b"),
        ("monolith", "transactions", OF, "", "I15"),
    ),
    *every(
        "saga",
        ("account", "saga_log", TX, "status = 'compensated'", "I8b"),
        ("account", "saga_log", TX, "status = 'declined'", "I8b"),
        ("account", "saga_log", TX, "status = 'pending'", "I8b"),
        ("account", "saga_log", TX, "amount = amount + 1", "I8b"),
        ("account", "saga_log", TX, "user_id = 'alice'", "I8b"),
        ("account", "saga_log", TX, "closed_at = NULL", "I8b"),
        ("account", "saga_log", TX, "", "I8b"),
    ),
    Edit("saga", "account", "saga_log", TX, "status = 'completed'", "I8b", REFUSED),
    *every(
        "outbox",
        ("account", "outbox", OF, "event_type = 'MoneyRefunded'", "I9"),
        ("account", "outbox", OF, """payload = jsonb_set(payload, '{amount}', '"1.00"')""", "I9d"),
        ("account", "outbox", OF, """payload = jsonb_set(payload, '{user_id}', '"alice"')""", "I9d"),
        ("account", "outbox", OF, "payload = '{}'", "I9d"),
        ("account", "outbox", OF, "account = 'alice'", "I9d"),
        ("account", "outbox", OF, "message_id = gen_random_uuid()", "I9d"),
        ("account", "outbox", OF, "withdrawal_id = '" + OTHER + "'", "I9"),
        ("account", "outbox", OF, "status = 'sent', attempts = 99, claimed_at = now()", "I9b"),
        ("account", "outbox", OF, "status = 'dead'", "I9b"),
        ("account", "outbox", OF, "published = false", "I9d"),
        ("account", "outbox", OF, "sent_at = NULL", "I9d"),
        ("account", "outbox", OF, "acknowledged_at = NULL", "I9d"),
        ("account", "outbox", OF, "", "I9"),
        ("payment", "outbox", OF, """payload = jsonb_set(payload, '{amount}', '"1.00"')""", "I9d"),
        ("payment", "outbox", OF, "event_type = 'PaymentFailed'", "I9"),
        ("payment", "outbox", OF, "account = 'alice'", "I9d"),
        ("payment", "outbox", OF, "", "I9"),
    ),
    *every(
        "two_phase",
        ("default", "two_phase_decisions", TX, "decision = 'ABORT'", "I6b"),
        ("default", "two_phase_decisions", TX, "ends_as = 'failed'", "I6d"),
        ("default", "two_phase_decisions", TX, "ended_at = NULL", "I6d"),
        ("default", "two_phase_decisions", TX, "", "I6d"),
        ("default", "two_phase_participants", f"{TX} AND name = 'payment'", "vote = 'NO'", "I6"),
        ("default", "two_phase_participants", f"{TX} AND name = 'payment'", "name = 'somebody'", "I6"),
        ("default", "two_phase_participants", f"{TX} AND name = 'payment'", "", "I6"),
        ("account", "two_phase_marker", TX, "", "I6c"),
        ("account", "two_phase_marker", TX, "tx_id = '" + OTHER + "'", "I6b"),
        ("account", "two_phase_marker", TX, "did = '{}'", "I6d"),
        ("payment", "two_phase_marker", TX, "", "I6c"),
    ),
    *every(
        "event_sourcing",
        ("events", "balance_view", "account = %(name)s", "balance = balance + 1", "I12"),
        ("events", "balance_view", "account = %(name)s", "version = version - 1", "I12"),
        ("events", "balance_view", "account = %(name)s", "position = position - 1", "I12"),
        ("events", "balance_view", "account = %(name)s", "at = at - interval '1 day'", "I12"),
        ("events", "balance_view", "account = %(name)s", "error = 'x'", "I12"),
        ("events", "balance_view", "account = %(name)s", "", "I12"),
        ("events", "history_view", OF, "balance = balance + 1", "I12"),
        ("events", "history_view", OF, "delta = delta - 1", "I12"),
        ("events", "history_view", OF, "account = 'alice'", "I12"),
        ("events", "history_view", OF, "type = 'MoneyRefunded'", "I12"),
        ("events", "history_view", OF, "withdrawal_id = NULL", "I12"),
        ("events", "history_view", OF, "at = at - interval '1 day'", "I12"),
        ("events", "history_view", OF, "", "I12"),
        ("events", "stream_balances", STREAM, "balance = balance + 1", "I2b"),
        ("events", "stream_balances", STREAM, "version = version + 1", "I2b"),
        ("events", "stream_balances", STREAM, "", "I2b"),
        ("events", "checkpoint", "true", "position = position + 1000", "I12"),
        # past the guards, as a superuser can
        (
            "events",
            "events",
            DEDUCTED,
            """data = jsonb_set(data, '{amount}', '"1.00"')""",
            "I4",
        ),
        ("events", "events", DEDUCTED, "aggregate = 'account:nobody'", "I11"),
        ("events", "events", DEDUCTED, "withdrawal_id = '" + OTHER + "'", "I4b"),
        ("events", "events", DEDUCTED, "type = 'BalanceRead'", "I4"),
        ("events", "events", f"{OF} AND type = 'PaymentProcessed'", "", "I11"),
        ("events", "events", f"{OF} AND type = 'WithdrawalCompleted'", "", "I12b"),
    ),
]
