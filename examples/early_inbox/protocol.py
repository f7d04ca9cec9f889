"""What the lab says and shows of it. Only the lab's own protocols have to be translated."""

from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.story.words import sentences
from distviz.trace.points import at_step
from protocols.catalogue import Panel, Protocol, message, work

from .withdraw import MoneyDeducted, MoneyRefunded, PaymentFailed, PaymentProcessed, WithdrawalRequested

BOOKS = SharedBooks("early_inbox", receives=[ACCOUNT, PAYMENT])

at_step("early_inbox", "give up", points=None)
sentences.register({"early_inbox_paid": "$%(amount)s was withdrawn and paid."})

PROTOCOL = Protocol(
    key="early_inbox",
    title="An early inbox",
    short="Early inbox",
    one_line="Take, pay, tell; if paying fails, give back.",
    promises="Every step is done, or what was taken is given back.",
    pros=["Blocks nothing"],
    cons=["Takes for done what was only begun"],
    finished_when="The customer was told, or the refund is done.",
    consistency="eventual",
    complexity=2,
    performance="high",
    use_case="an example of what reviews miss",
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", "Deduct", "account", "account"),
        message(MoneyDeducted, "account", "payment"),
        work("look into the inbox", "Look into the inbox", "payment", "payment"),
        work("charge", "Make the payment", "payment"),
        message(PaymentProcessed, "payment", "notification"),
        work("notify", "Send the notification", "notification", "notification"),
        message(PaymentFailed, "payment", "account", compensation=True),
        work("refund", "Refund", "account", "refund", compensation=True),
        message(MoneyRefunded, "account", "notification", compensation=True),
    ],
    request=WithdrawalRequested,
    books=BOOKS,
    panels=[Panel("payments", "Payments", BOOKS.payments)],
)
