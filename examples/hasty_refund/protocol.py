"""What the lab says and shows of it. Only the lab's own protocols have to be translated."""

from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.story.words import sentences
from protocols.catalogue import Panel, Protocol, message, work

from .withdraw import MoneyDeducted, MoneyRefunded, PaymentFailed, PaymentProcessed, WithdrawalRequested

BOOKS = SharedBooks("hasty_refund", receives=[ACCOUNT, PAYMENT])

sentences.register({"hasty_refund_paid": "$%(amount)s was withdrawn and paid."})

PROTOCOL = Protocol(
    key="hasty_refund",
    title="A saga with a hasty refund",
    short="Hasty refund",
    one_line="Take, pay, tell; if paying fails, give back.",
    promises="Every step is done, or what was taken is given back.",
    pros=["Blocks nothing"],
    cons=["Gives back what was paid, if the payment's answer was lost"],
    finished_when="The customer was told, or the refund is done.",
    consistency="eventual",
    complexity=2,
    performance="high",
    use_case="an example of what reviews miss",
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", "Deduct", "account", "account"),
        message(MoneyDeducted, "account", "payment"),
        work("charge", "Make the payment", "payment", "payment"),
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
