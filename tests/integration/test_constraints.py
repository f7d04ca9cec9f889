"""The tables refuse what must not be, whoever writes it."""

from collections.abc import Callable

import psycopg
import pytest

from tests.support.stack import Stack

MISTAKES = {
    "a balance below zero": ("account", "UPDATE accounts SET balance = -0.01 WHERE protocol = 'saga' AND name = %(n)s"),
    "a balance that is no number": (
        "account",
        "UPDATE accounts SET balance = 'NaN' WHERE protocol = 'saga' AND name = %(n)s",
    ),
    "a second deduction of one withdrawal": (
        "account",
        """WITH a AS (SELECT id FROM accounts WHERE protocol = 'saga' AND name = %(n)s)
        INSERT INTO ledger (account_id, withdrawal_id, kind, delta, at)
        SELECT id, '00000000-0000-4000-8000-000000000001'::uuid, 'deduct', -1, now() FROM a, generate_series(1, 2)""",
    ),
    "a deduction that gives": (
        "account",
        """INSERT INTO ledger (account_id, withdrawal_id, kind, delta, at)
        SELECT id, gen_random_uuid(), 'deduct', 1, now() FROM accounts WHERE protocol = 'saga' AND name = %(n)s""",
    ),
    "a second payment of one withdrawal": (
        "payment",
        """INSERT INTO payments (withdrawal_id, protocol, account, amount, status, reason, at)
        SELECT '00000000-0000-4000-8000-000000000002'::uuid, 'saga', %(n)s, 1, 'COMPLETED', '', now()
        FROM generate_series(1, 2)""",
    ),
    "a payment that is no number": (
        "payment",
        """INSERT INTO payments (withdrawal_id, protocol, account, amount, status, reason, at)
        VALUES (gen_random_uuid(), 'saga', %(n)s, 'NaN', 'COMPLETED', '', now())""",
    ),
    "a second transaction of one withdrawal": (
        "monolith",
        """INSERT INTO transactions (user_id, withdrawal_id, type, amount, at)
        SELECT a.id, '00000000-0000-4000-8000-000000000003'::uuid, 'withdrawal', 1, now()
        FROM accounts a, generate_series(1, 2) WHERE a.name = %(n)s""",
    ),
    "one message twice in an inbox": (
        "payment",
        """INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
        SELECT 'saga.payment', '00000000-0000-4000-8000-000000000004'::uuid, gen_random_uuid(), now(), 0
        FROM generate_series(1, 2)""",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_database_refuses(stack: Stack, account: Callable[[], str], mistake: str) -> None:
    alias, statement = MISTAKES[mistake]
    with pytest.raises(psycopg.errors.IntegrityError):
        stack.sql(alias, statement, n=account())
