"""When a saga fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Reason

ADVICE = (
    Reason("one_db", YES, -4, _("Five commits and three messages for what one COMMIT does."), "one-or-many"),
    Reason(
        "one_db", NO, 2, _("Each service commits for itself; the chain is driven on by events."), "saga-compensates"
    ),
    Reason("fresh", YES, -4, _("Money is in flight between two of its commits."), "is-the-money-gone"),
    Reason("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
    Reason("outside", YES, 2, _("A step may be anything that can be made good."), "saga-compensates"),
    Reason("undo", YES, 3, _("Every failure has its compensation."), "saga-compensates"),
    Reason("undo", NO, -5, _("A step that cannot be made good leaves it stuck."), "compensation-fails"),
    Reason("block", NO, 2, _("Nobody waits for anybody: locks end with each local COMMIT."), "is-the-money-gone"),
)
