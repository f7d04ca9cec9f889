"""What the codes of TCC say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import columns, points, sentences, states

sentences.register(
    {
        # how a withdrawal ends
        "tcc_confirmed": _("$%(amount)s was withdrawn and paid; every branch has confirmed."),
        "tcc_cancelled": _("Cancelled in every branch: %(why)s. No money moved."),
        # why it is a CANCEL
        "cancelled_before": _("it was cancelled before it was tried"),
        "never_tried": _("nothing was reserved"),
        "branch_gave_up": _("%(who)s gave up after the last retry (%(why)s)"),
        "tcc_gave_up": _("the coordinator gave up after the last retry (%(why)s)"),
        "branch_is_silent": _("no answer from %(who)s in time"),
        # why something has to wait
        "still_to_do": _("%(why)s. The decision stands; it is driven on until every branch has carried it out."),
        # what the auditor checks, and what it found
        "frozen_is_covered": _("no account has more frozen than its balance"),
        "reserved_only_while_open": _("nothing stays reserved after the end of its run"),
        "confirmed_where_moved": _("money moved where a reservation was confirmed, once, and nowhere else"),
        "ended_as_recorded": _("every run ended as the coordinator's record says, in every branch"),
        "still_reserved": _("%(run)s: %(who)s still has it reserved"),
        "moved_otherwise": _("%(run)s: %(who)s has a reservation that is %(state)s, and its money says otherwise"),
        "recorded_otherwise": _("%(run)s ended as “%(status)s”, the record says otherwise"),
        "branch_otherwise": _("%(run)s: %(who)s has a reservation that is %(state)s, the record says otherwise"),
    }
)

points.register(
    {
        "coordinator.before_tries": _("before the first Try is sent"),
        "coordinator.between_tries": _("after the first Try is sent, before the other"),
        "coordinator.all_tried": _("after every branch has tried"),
        "coordinator.after_decision": _("after the decision is recorded"),
        "coordinator.between_confirms": _("after the first branch was told to confirm, before the other"),
        "coordinator.all_confirmed": _("after every branch has confirmed"),
        "before_confirm": _("before it confirms"),
        "in_confirm": _("in the transaction that confirms, before COMMIT"),
        "after_confirm": _("after it has confirmed, before it says so"),
        "before_cancel": _("before it cancels"),
        "in_cancel": _("in the transaction that cancels, before COMMIT"),
        "after_cancel": _("after it has cancelled, before it says so"),
    }
)

states.register(
    {
        "tried": _("reserved"),
        "confirmed": _("confirmed"),
        "cancelled": _("cancelled"),
        "refused": _("refused"),
    }
)

columns.register(
    {
        "tried": _("branches that have tried"),
        "done": _("branches that are done"),
        "asked": _("driven on"),
        "decided_at": _("decided at"),
    }
)
