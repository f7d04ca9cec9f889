"""What the codes of the orchestrated saga say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import columns, points, sentences, states

sentences.register(
    {
        # how a withdrawal ends
        "every_step_done": _("$%(amount)s was withdrawn and paid; the coordinator's log has every step as done."),
        "undone_backwards": _("%(why)s. $%(amount)s was refunded; every step was undone, the last one first."),
        "nothing_to_undo": _("%(why)s. No money moved."),
        # why something fails, or has to wait
        "called_off": _("it was refused or called off before"),
        "goes_on_from_log": _("%(why)s. The saga stays open; it is driven on from the coordinator's log."),
        # what the auditor checks, and what it found
        "log_is_true_of_money": _("what the coordinator's log has as done or undone is so in the services' tables"),
        "log_is_true_of_runs": _("every run ended as the coordinator's log says"),
        "log_and_money_differ": _("%(run)s: the coordinator's log and the money differ"),
        "log_and_run_differ": _("%(run)s ended as “%(status)s”, the coordinator's log says otherwise"),
        "not_in_saga_log": _("%(run)s: not in the coordinator's log"),
    }
)

points.register(
    {
        "coordinator.after_begin": _("after the saga is begun in the log"),
        "coordinator.after_deduction": _("after the deduction is logged, before the payment is asked for"),
        "coordinator.after_payment": _("after the payment is logged"),
        "coordinator.after_turning_back": _("after it has turned back, before anything is undone"),
        "coordinator.after_cancellation": _("after the cancellation is logged, before the refund is asked for"),
        "coordinator.after_refund": _("after the refund is logged"),
    }
)

states.register({"forward": _("forward"), "back": _("back")})

columns.register(
    {
        "steps_done": _("steps done"),
        "steps_undone": _("steps undone"),
        "given_back": _("money given back"),
        "turned_at": _("turned back at"),
        "direction": _("direction"),
    }
)
