"""What the lab says and shows of it. Only the lab's own protocols have to be translated."""

from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.story.words import sentences
from protocols.catalogue import Panel, Protocol, message, work

from .withdraw import MoneyDeducted, PaymentProcessed, WithdrawalRequested

BOOKS = SharedBooks("early_word", receives=[ACCOUNT, PAYMENT])

sentences.register({"early_word_paid": "$%(amount)s was withdrawn and paid."})

PROTOCOL = Protocol(
    key="early_word",
    title="An early word",
    short="Early word",
    one_line="Take, pay, tell; each is repeated until it is done.",
    promises="What was begun is finished, if need be by a person.",
    pros=["Blocks nothing"],
    cons=["Tells of what may still be rolled back"],
    finished_when="The customer was told.",
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
    ],
    request=WithdrawalRequested,
    books=BOOKS,
    panels=[Panel("payments", "Payments", BOOKS.payments)],
)
