"""The guards that several protocols have, because they are the services': each protocol names those that it uses."""

from django.utils.translation import gettext_lazy as _

from distviz.services import inbox
from distviz.services.payment import operations as payment
from distviz.trace import quiet, transport
from distviz.trace.guards import Guard

INBOX = Guard(
    inbox.GUARD,
    _("Inbox: a message is received in the transaction of its effect, so that a copy of it has none."),
    _("A copy of a message takes effect again. The payment's own row would still stop a second payment."),
    inbox.first_time,
    beside=(payment.LOOK_UP_GUARD,),
)
PAYMENT_LOOKUP = Guard(
    payment.LOOK_UP_GUARD,
    _("The payment is looked up by its id: one withdrawal has one payment, made or refused."),
    _("A payment is given up after it was made: the money is given back, and paid as well."),
    payment.answer_to,
)
REFUSAL = Guard(
    payment.REFUSAL_GUARD,
    _("The refusal of a payment is recorded before it is told, so that no late attempt can make it."),
    _("The money is given back, and nothing says that it may not be paid any more."),
    payment.refuse,
)
SWEEP = Guard(
    quiet.GUARD,
    _("Sweep: what was lost on the way is driven on from the databases."),
    _("A message that is lost is lost for good, and with it the money that was taken."),
    quiet.of,
)
LATE_ACK = Guard(
    transport.GUARD,
    _("Late acknowledgement: the broker keeps a message in hand until it was handled, and delivers it again."),
    _("A process that dies takes its message with it. The sweep would still drive the withdrawal on."),
    transport.QoS.append,
    beside=(quiet.GUARD,),
)
