"""What the explorer says against a run, and why it cannot begin."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    "exploration_is_running": _("An exploration is running already. Stop it, or wait for its end."),
    "explore_not_fine": _("A run without a failure ended as “%(end)s” (%(run)s): nothing can be learnt from it."),
    "explore_run_open": _("The run is not over yet: it may pass more points."),
    "explore_other_end": _(
        "A run like it ended as “%(end)s” and not as “%(wanted)s” (%(run)s): what is learnt from it says nothing of "
        "this one. Something else had a part in it: another run, an operator, the balance."
    ),
    "explore_open": _("not over in time: %(status)s, $%(taken)s taken, $%(paid)s paid"),
    "explore_lost": _("$%(taken)s taken, $%(paid)s paid"),
    "explore_overdrawn": _("the account is $%(short)s below zero: more was taken than was there"),
    "explore_broken": _("%(id)s, %(found)s"),
    # the checklist
    "checklist_handled": _("Every message has a handler"),
    "checklist_handled_how": _("read off the code, as it is loaded now"),
    "checklist_copies": _("Every handler is idempotent under a copy"),
    "checklist_copies_how": _("each message that a run without a failure meets came twice"),
    "checklist_transactions": _("Every effect is in the same transaction as its guard"),
    "checklist_transactions_how": _(
        "an error and a crash before, in and after each transaction, once and at each attempt; then the money is right"
    ),
    "checklist_driven_on": _("A silent run is driven on"),
    "checklist_driven_on_how": _("each of these messages was lost, and the run came to a good end without a person"),
    "checklist_books": _("The books hold"),
    "checklist_books_how": _("the auditor has nothing against any run, after each and once more after the last"),
    "checklist_not_begun": _("what a run meets is still to be learnt"),
    "checklist_to_come": _("%(left)s of %(of)s still to come"),
    "checklist_stopped": _("stopped with %(left)s of %(of)s untried"),
    "checklist_failed": _("the exploration failed before"),
    "checklist_once_more": _("the auditor is still to be asked once more"),
    "checklist_late": _("%(n)s of the runs not over in time"),
    "checklist_never": _("the run never came to: %(at)s"),
    "checklist_apart": _(
        "The log of the run without a failure: %(who)s committed the row of its inbox in “%(guard)s”, and the money in "
        "another transaction, “%(effect)s”."
    ),
    "checklist_unmet_messages": _("A run without a failure does not meet these, so they were not tried: %(names)s."),
    "checklist_unmet_points": _(
        "A run without a failure does not meet all points of these, so some were not tried: %(who)s."
    ),
    "checklist_not_meanwhile": _("Not tried: a copy that is handled while the first one is held."),
    "explore_not_started": _("It could not be started: %(text)s"),
}
