"""When an outbox fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument(
        "queue", YES, 4, _("The row and its message in one transaction; the outbox relay publishes it."), "relay-dies"
    ),
    Argument("queue", NO, -2, _("It feeds a message queue, and there is none."), "relay-dies"),
    Argument("one_db", YES, -3, _("No other system has to be told."), "one-or-many"),
    Argument("one_db", NO, 1, _("Whatever is committed is certain to be published."), "relay-dies"),
    Argument("fresh", YES, -3, _("Other services learn of it a little later."), "is-the-money-gone"),
    Argument("fresh", NO, 1, _("Eventually consistent is enough."), "relay-dies"),
    Argument("outside", YES, 1, _("Delivered at least once, so external systems must be idempotent."), "late-copy"),
    Argument("block", NO, 1, _("A stopped relay delays; it locks nothing."), "relay-dies"),
)
