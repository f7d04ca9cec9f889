"""When a saga fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("one_db", YES, -4, _("Five commits and three messages for what one COMMIT does."), "one-or-many"),
    Argument("one_db", NO, 2, _("Each service commits on its own; events drive the chain."), "saga-compensates"),
    Argument("fresh", YES, -4, _("Money is in flight between two of its commits."), "is-the-money-gone"),
    Argument("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
    Argument("outside", YES, 2, _("A step can be anything that can be undone."), "saga-compensates"),
    Argument("undo", YES, 3, _("Every failure has its compensation."), "saga-compensates"),
    Argument("undo", NO, -5, _("A step that cannot be undone leaves the saga stuck."), "compensation-fails"),
    Argument("block", NO, 2, _("No service waits for another: locks end with each local COMMIT."), "is-the-money-gone"),
)
