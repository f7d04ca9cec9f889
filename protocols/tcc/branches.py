"""The branches. Each keeps a row for a withdrawal: frozen funds at the account, an authorisation at the payment. The
row is the barrier, too: its key is the withdrawal, and it changes in the transaction of the effect."""

from distviz.errors import Declined
from distviz.services import written
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.tcc.messages import LINES, WHO, Cancel, Confirm, CustomerNotified, Done, NotifyCustomer, Tried, Try

PLACES = {"account": ACCOUNT, "payment": PAYMENT}

# What the second of two tries adds up is as of its own begin, so it waits for the first one's COMMIT before.
IN_TURN = "SELECT id FROM accounts WHERE protocol = 'tcc' AND name = %(user)s FOR NO KEY UPDATE"
AVAILABLE = """
SELECT 1 FROM accounts a WHERE protocol = 'tcc' AND name = %(user)s AND balance >= %(amount)s::numeric + (
    SELECT COALESCE(sum(amount), 0) FROM tcc_reservations r WHERE r.user_id = a.name AND r.status = 'tried')
"""
TRY = """
INSERT INTO tcc_reservations AS r (tx_id, user_id, amount, status, reason, why, created_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, %(status)s, %(reason)s, %(why)s::jsonb, now(), now())
ON CONFLICT (tx_id) DO NOTHING RETURNING NULL AS was, status
"""
CONFIRM = """
UPDATE tcc_reservations SET status = 'confirmed', updated_at = now()
WHERE tx_id = %(tx)s AND status = 'tried' RETURNING 'tried' AS was, status
"""
CANCEL = """
INSERT INTO tcc_reservations AS r (tx_id, user_id, amount, status, created_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, 'cancelled', now(), now())
ON CONFLICT (tx_id) DO UPDATE SET status = 'cancelled', updated_at = now() WHERE r.status = 'tried'
RETURNING CASE WHEN xmax <> 0 THEN 'tried' END AS was, status
"""
READ = "SELECT status, reason, why::text AS why FROM tcc_reservations WHERE tx_id = %(tx)s"


@on(ACCOUNT, LINES["account"][Try])
@on(PAYMENT, LINES["payment"][Try])
def reserve(order: Try) -> None:
    """Freeze the funds, or have the payment authorised. A try that finds the tombstone of its cancel is refused."""
    me = WHO[type(order)]
    with step(f"try_{me}"), PLACES[me].atomic():
        if first_time(PLACES[me], order):
            no = payment.refuses(order) if me == "payment" else account.refuses(order) or overdrawn(order)
            how = {"status": "refused" if no else "tried", **written.columns(no.reason if no else None)}
            PLACES[me].run(TRY, tx=order.tx_id, user=order.user_id, amount=order.amount, **how)
        no = refused(PLACES[me], order)
    send(LINES[me][Tried].of(order, ends_as="declined" if no else "", reason=no.reason if no else None))


@on(ACCOUNT, LINES["account"][Confirm])
@on(PAYMENT, LINES["payment"][Confirm])
def confirm(order: Confirm) -> None:
    """Deduct the frozen funds, or make the authorised payment: once, in one transaction with the row."""
    me = WHO[type(order)]
    with step(f"confirm_{me}"), PLACES[me].atomic():
        new = first_time(PLACES[me], order) and PLACES[me].run(CONFIRM, tx=order.tx_id)
        work = account.deduct if me == "account" else payment.charge
        if no := work(order) if new else refused(PLACES[me], order):
            raise no  # what is reserved can be used: that was the promise
    send(LINES[me][Done].of(order))


@on(ACCOUNT, LINES["account"][Cancel])
@on(PAYMENT, LINES["payment"][Cancel])
def cancel(order: Cancel) -> None:
    """What was reserved is free again. Of a try that has not come, it leaves a tombstone."""
    me = WHO[type(order)]
    with step(f"cancel_{me}"), PLACES[me].atomic():
        if first_time(PLACES[me], order):
            PLACES[me].run(CANCEL, tx=order.tx_id, user=order.user_id, amount=order.amount)
    send(LINES[me][Done].of(order))


@on(NOTIFICATION, NotifyCustomer)
def notify(order: NotifyCustomer) -> None:
    with step("notify"):
        if no := notification.send(order, "withdrawn"):
            raise no
    send(CustomerNotified.of(order))


def overdrawn(order: Message) -> Declined | None:
    """Whether less than the amount is left. Frozen money has not moved: it is part of the balance."""
    ACCOUNT.run(IN_TURN, user=order.user_id)
    covered = ACCOUNT.run(AVAILABLE, user=order.user_id, amount=order.amount)
    return None if covered else Declined("insufficient_funds")


def refused(place: Place, order: Message) -> Declined | None:
    """Why nothing is reserved here."""
    for mine in place.run(READ, tx=order.tx_id):
        return None if mine["status"] in ("tried", "confirmed") else Declined(written.read(mine) or "cancelled_before")
    return Declined("never_tried")
