"""When an outbox fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Reason

ADVICE = (
    Reason("queue", YES, 4, _("The row and its message in one transaction, published by a relay."), "relay-dies"),
    Reason("queue", NO, -2, _("It is a bridge to a queue, and there is none to go to."), "relay-dies"),
    Reason("one_db", YES, -3, _("There is nobody that has to be told."), "one-or-many"),
    Reason("one_db", NO, 1, _("Whatever is committed is told to the others, for certain."), "relay-dies"),
    Reason("fresh", YES, -3, _("The others hear of it a little later."), "is-the-money-gone"),
    Reason("fresh", NO, 1, _("Eventually consistent is enough."), "relay-dies"),
    Reason("outside", YES, 1, _("Told at least once, so what is outside must know a copy."), "late-copy"),
    Reason("block", NO, 1, _("A dead relay delays; it locks nothing."), "relay-dies"),
)
