"""What the auditor checks of the outboxes and inboxes, on top of the money."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.services import agreement
from distviz.services.agreement import RunStates
from distviz.services.books import Invariant, check
from distviz.services.places import ACCOUNT, PAYMENT, Place, of_runs
from distviz.story.words import sentences
from distviz.trace.unguarded import of_book
from protocols.outbox.models import STATES

sentences.register(
    {
        "message_where_money_moved": _("a message where money moved, and nowhere else"),
        "everything_acknowledged": _("every message of a finished withdrawal is acknowledged"),
        "payloads_are_of_their_rows": _("every message says what its row and the money beside it say"),
        "published_in_order": _("messages of one account were published in the order of their rows"),
        "acknowledged_are_counted": _("acknowledged messages are counted as they are"),
        "inbox_takes_once": _("no inbox takes a message twice"),
        "inbox_row_where_decided": _("an inbox row where a payment was decided, and no other"),
        # what was found against them
        "acknowledged_otherwise": _("%(who)s: %(n)s acknowledged messages, counted as %(counted)s"),
        "money_without_message": _("%(run)s: %(what)s without a message"),
        "message_without_money": _("%(run)s: %(what)s without its money"),
        "payment_without_answer": _("%(run)s: payment without %(what)s"),
        "answer_without_payment": _("%(run)s: %(what)s without its payment"),
        "payload_differs": _("%(run)s: %(what)s says something else than its row"),
        "payload_of_other_money": _("%(run)s: %(what)s says another amount or account than the money beside it"),
        "acknowledged_unsent": _("%(run)s: %(what)s is acknowledged and was never sent"),
        "not_acknowledged": _("%(run)s: %(what)s is %(state)s"),
        "inbox_without_key": _("the inbox has no unique key"),
        "paid_without_inbox_row": _("%(run)s: paid without an inbox row"),
        "received_without_payment_row": _("%(run)s: received without a payment row"),
    }
)

_HALF_ACCOUNT = f"""
SELECT 'money_without_message' AS code, l.withdrawal_id::text AS run, l.kind AS what
FROM ledger l JOIN accounts a ON a.id = l.account_id
WHERE a.protocol = 'outbox' AND {of_runs("l.withdrawal_id")} AND NOT EXISTS (
    SELECT 1 FROM outbox o WHERE o.withdrawal_id = l.withdrawal_id
        AND o.event_type = CASE l.kind WHEN 'deduct' THEN 'MoneyDeducted' ELSE 'MoneyRefunded' END)
UNION ALL
SELECT 'message_without_money', o.withdrawal_id::text, o.event_type FROM outbox o
WHERE {of_runs("o.withdrawal_id")} AND NOT EXISTS (
    SELECT 1 FROM ledger l WHERE l.withdrawal_id = o.withdrawal_id
        AND l.kind = CASE o.event_type WHEN 'MoneyDeducted' THEN 'deduct' ELSE 'refund' END)
"""
_HALF_PAYMENT = f"""
SELECT CASE WHEN o.id IS NULL THEN 'payment_without_answer' ELSE 'answer_without_payment' END AS code,
    COALESCE(p.withdrawal_id, o.withdrawal_id)::text AS run, COALESCE(o.event_type, p.answer) AS what
FROM (SELECT *, CASE status WHEN 'COMPLETED' THEN 'PaymentProcessed' ELSE 'PaymentFailed' END AS answer
      FROM payments WHERE protocol = 'outbox' AND {of_runs("withdrawal_id")}) p
FULL JOIN (SELECT * FROM outbox WHERE {of_runs("withdrawal_id")}) o
    ON o.withdrawal_id = p.withdrawal_id AND o.event_type = p.answer
WHERE o.id IS NULL OR p.id IS NULL
"""
_PAYLOADS = f"""
SELECT 'payload_differs' AS code, withdrawal_id::text AS run, event_type AS what FROM outbox
WHERE (payload->>'tx_id', payload->>'user_id', payload->>'type', payload->>'id')
    IS DISTINCT FROM (withdrawal_id::text, account::text, 'outbox.' || event_type, message_id::text)
    AND {of_runs("withdrawal_id")}
UNION ALL SELECT 'acknowledged_unsent', withdrawal_id::text, event_type FROM outbox
WHERE status = 'acknowledged' AND NOT (published AND sent_at IS NOT NULL AND acknowledged_at IS NOT NULL)
    AND {of_runs("withdrawal_id")}
"""
_MONEY_ACCOUNT = f"""
SELECT 'payload_of_other_money' AS code, o.withdrawal_id::text AS run, o.event_type AS what FROM outbox o
JOIN ledger l ON l.withdrawal_id = o.withdrawal_id
    AND l.kind = CASE o.event_type WHEN 'MoneyDeducted' THEN 'deduct' ELSE 'refund' END
JOIN accounts a ON a.id = l.account_id
WHERE (o.payload->>'amount', o.account) IS DISTINCT FROM (round(abs(l.delta), 2)::text, a.name)
    AND {of_runs("o.withdrawal_id")}
"""
_MONEY_PAYMENT = f"""
SELECT 'payload_of_other_money' AS code, o.withdrawal_id::text AS run, o.event_type AS what FROM outbox o
JOIN payments p ON p.withdrawal_id = o.withdrawal_id AND p.protocol = 'outbox'
WHERE (o.payload->>'amount', o.account) IS DISTINCT FROM (round(p.amount, 2)::text, p.account)
    AND {of_runs("o.withdrawal_id")}
"""
# Of a run that is over at once; of an unknown run, if it is old.
_UNANSWERED = """
SELECT 'not_acknowledged' AS code, withdrawal_id::text AS run, event_type AS what, status AS state,
    created_at < now() - %(age)s * interval '1 second' AS old FROM outbox
WHERE status IN ('pending', 'publishing', 'sent', 'dead')
"""


def _neighbour(side: str, order: str) -> str:
    """The nearest published row of the account on this side of `o`, by the index of account, state and id."""
    return f"""
SELECT near.sent_at FROM unnest(%(states)s::text[]) state CROSS JOIN LATERAL (
    SELECT id, sent_at FROM outbox n WHERE n.account = o.account AND n.status = state AND n.id {side} o.id
        AND n.sent_at IS NOT NULL AND NOT n.headers ? 'revived' ORDER BY n.id {order} LIMIT 1
) near ORDER BY near.id {order} LIMIT 1
"""


# Only here do rows of one account get their ids in the order of their commits: each locks the account's row first.
_OVERTAKEN = f"""
SELECT DISTINCT account AS name FROM (
    SELECT account, sent_at, max(sent_at) OVER (
        PARTITION BY account ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM outbox WHERE sent_at IS NOT NULL AND NOT headers ? 'revived' AND {of_book("account")}) sent
WHERE sent_at < before
"""
# The same of one run: each of its rows beside the one before it and the one after it.
_OVERTAKEN_IN_RUN = f"""
SELECT DISTINCT o.account AS name FROM outbox o
LEFT JOIN LATERAL ({_neighbour("<", "DESC")}) before ON true LEFT JOIN LATERAL ({_neighbour(">", "ASC")}) after ON true
WHERE o.withdrawal_id = ANY(%(runs)s::uuid[]) AND o.sent_at IS NOT NULL AND NOT o.headers ? 'revived'
    AND (o.sent_at < before.sent_at OR o.sent_at > after.sent_at)
"""
# One statement, so one snapshot.
_COUNTED = """
SELECT n, counted FROM (SELECT count(*) AS n FROM outbox WHERE status = 'acknowledged') o,
    (SELECT COALESCE(sum(n), 0)::bigint AS counted FROM outbox_counts) c WHERE n <> counted
"""
_NOT_ONCE = """
SELECT 'inbox_without_key' AS code WHERE NOT EXISTS (
    SELECT 1 FROM pg_index i WHERE i.indrelid = 'inbox'::regclass AND i.indisunique AND (
        SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
        WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) = ARRAY['consumer', 'message_id'])
"""
_HALF_INBOX = f"""
SELECT CASE WHEN i.id IS NULL THEN 'paid_without_inbox_row' ELSE 'received_without_payment_row' END AS code,
    COALESCE(p.withdrawal_id, i.withdrawal_id)::text AS run
FROM (SELECT id, withdrawal_id FROM payments WHERE protocol = 'outbox' AND {of_runs("withdrawal_id")}) p
FULL JOIN (
    SELECT id, withdrawal_id FROM inbox WHERE consumer = 'outbox.payment' AND {of_runs("withdrawal_id")}) i
USING (withdrawal_id)
WHERE i.id IS NULL OR p.id IS NULL
"""


def invariants(runs: RunStates) -> list[Invariant]:
    """I9 for the outboxes, I10 for the inboxes."""
    payloads = [*_found(ACCOUNT, _PAYLOADS, runs), *_found(ACCOUNT, _MONEY_ACCOUNT, runs)]
    payloads += [*_found(PAYMENT, _PAYLOADS, runs), *_found(PAYMENT, _MONEY_PAYMENT, runs)]
    halves = _found(ACCOUNT, _HALF_ACCOUNT, runs) + _found(PAYMENT, _HALF_PAYMENT, runs)
    return [
        check("I9", halves, "message_where_money_moved"),
        check("I9b", _left_behind(runs), "everything_acknowledged"),
        check("I9d", payloads, "payloads_are_of_their_rows"),
        check("I10", _found(ACCOUNT, _NOT_ONCE) + _found(PAYMENT, _NOT_ONCE), "inbox_takes_once"),
        check("I10b", _found(PAYMENT, _HALF_INBOX, runs), "inbox_row_where_decided"),
        *(_of_whole_tables(runs) if runs.ids is None else ()),
        *([_in_order(runs, _OVERTAKEN_IN_RUN)] if runs.of_one else ()),
    ]


def _of_whole_tables(runs: RunStates) -> Iterator[Invariant]:
    yield _in_order(runs, _OVERTAKEN)
    yield check("I9e", _counted_otherwise(), "acknowledged_are_counted")


def _in_order(runs: RunStates, overtaken: str) -> Invariant:
    rows = ACCOUNT.ask(overtaken, {**runs.asked, "states": list(STATES)})
    return check("I9c", [row["name"] for row in rows], "published_in_order")


def _left_behind(runs: RunStates) -> list[Reason]:
    rows = [row for place in (ACCOUNT, PAYMENT) for row in place.ask(_UNANSWERED, {"age": settings.T_TERM})]
    ours = agreement.of_this_book(runs, [row["run"] for row in rows])
    rows = [row for row in rows if row["run"] in ours]
    left = [row for row in rows if (runs[row["run"]].over if row["run"] in runs else row["old"])]
    named = ("run", "what", "state")
    return [Reason.of(row["code"], **{name: row[name] for name in named}) for row in sorted(left, key=_run_of)]


def _counted_otherwise() -> list[Reason]:
    """Per outbox."""
    found = {place.name: place.ask(_COUNTED) for place in (ACCOUNT, PAYMENT)}
    return [Reason.of("acknowledged_otherwise", who=who, **row) for who, rows in found.items() for row in rows]


def _run_of(row: Mapping[str, Any]) -> str:
    return str(row["run"])


def _found(place: Place, sql: str, runs: RunStates | None = None) -> list[Reason]:
    """Each row is a finding: its code, and what its sentence names. Those of the other book are left to it."""
    rows = place.ask(sql, None if runs is None else runs.asked)
    ours = agreement.of_this_book(runs, [row["run"] for row in rows]) if rows and runs is not None else set()
    return [Reason.of(row.pop("code"), **row) for row in rows if runs is None or row["run"] in ours]
