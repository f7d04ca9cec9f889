"""When one ACID transaction fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("one_db", YES, 7, _("One COMMIT covers all of it. Nothing else is as simple."), "one-or-many"),
    Argument("one_db", NO, -9, _("A transaction ends at the edge of its database."), "crash-between-two-writes"),
    Argument("fresh", YES, 2, _("There is no moment at which half of it is visible."), "one-or-many"),
    Argument("outside", YES, -3, _("An external bank cannot join your transaction."), "crash-between-two-writes"),
)
