"""When TCC fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("one_db", YES, -5, _("Reservations and a coordinator for what one COMMIT does."), "one-or-many"),
    Argument("one_db", NO, 1, _("Each service reserves and confirms on its own."), "reserved-not-taken"),
    Argument("fresh", YES, -3, _("Two confirmations are two commits, one after the other."), "reserved-not-taken"),
    Argument("fresh", NO, 1, _("Eventually consistent is enough; nobody overdraws meanwhile."), "reserved-not-taken"),
    Argument("outside", YES, 1, _("A bank that authorises first and is paid later fits as a branch."), "confirm-twice"),
    Argument("undo", NO, 3, _("Nothing has to be undone: it is reserved, and done once all agree."), "cancel-first"),
    Argument("block", NO, 2, _("A coordinator that is down holds reservations, and no locks."), "reserved-not-taken"),
)
