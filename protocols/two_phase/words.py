"""What the codes of two-phase commit say, and which of them no retry can mend."""

from django.utils.translation import gettext_lazy as _

from distviz.runs.waiting import beyond_retry
from distviz.story.words import points, sentences

sentences.register(
    {
        # how a withdrawal ends
        "all_committed": _("$%(amount)s was withdrawn and paid; every participant has committed."),
        "rolled_back_everywhere": _("Rolled back everywhere: %(why)s. No money moved."),
        # why it is an ABORT
        "cannot_prepare": _("%(who)s cannot prepare: %(why)s"),
        "participant_gave_up": _("%(who)s gave up after the last retry (%(why)s)"),
        "coordinator_gave_up": _("the coordinator gave up after the last retry (%(why)s)"),
        "coordinator_died": _("the coordinator died before it had decided"),
        "coordinator_silent": _("the coordinator stopped responding before it had decided"),
        "no_vote_in_time": _("no vote from %(who)s in time"),
        "no_decision_in_time": _("no decision in time"),
        "run_is_unknown": _("the run is over or unknown"),
        "decided_by_hand": "%(by)s: %(text)s",
        # why something has to wait
        "row_is_prepared": _("run %(run)s holds %(account)s's row: it is prepared and waits for its decision"),
        "row_is_locked": _("another transaction holds %(account)s's row"),
        "is_being_finished": _("%(gid)s is just being finished by another process"),
        # what needs manual action
        "still_owed": _("%(why)s. The decision stands; recovery retries until it is carried out."),
        "commit_was_lost": _(
            "%(who)s voted yes, COMMIT was decided, and its prepared transaction is gone without having been "
            "committed: its part of the money has not moved. Compare the books and correct them by hand."
        ),
        "abort_was_committed": _(
            "ABORT was decided, but %(who)s has committed its part: money has moved that should not have. Compare"
            " the books and correct them by hand."
        ),
        # why an operator cannot decide
        "nothing_in_doubt": _("Nothing of this run is in doubt. Nothing was changed."),
        "commit_without_yes": _("It cannot be committed: there is no yes vote from %(who)s. It can be rolled back."),
        "decided_before": _("%(decision)s was decided before, by %(by)s. That stands."),
        # what the auditor checks, and what it found
        "no_orphan": _("no prepared transaction outlives its run"),
        "commit_takes_every_yes": _("COMMIT takes a yes from every participant"),
        "only_what_was_decided": _("no participant has committed what was not decided"),
        "all_that_was_decided": _("what was decided was committed by every participant"),
        "ended_as_decided": _("every run ended as its log says, and every marker says what its run asked for"),
        "decided_otherwise": _("%(run)s ended as “%(status)s”, the log says otherwise"),
        "participant_in": _("%(who)s in %(run)s"),
    }
)
beyond_retry("commit_was_lost", "abort_was_committed")

points.register(
    {
        "coordinator.before_prepare": _("before the first PREPARE is sent"),
        "coordinator.between_prepares": _("after the first PREPARE is sent, before the others"),
        "coordinator.after_prepared": _("after all participants have prepared"),
        "coordinator.after_decision": _("after the decision is recorded"),
        "coordinator.between_commits": _("after the first participant was told to commit, before the others"),
        "coordinator.after_commits": _("after all participants have finished"),
        "before_prepare": _("before it prepares"),
        "after_prepare": _("after it has prepared, before it votes"),
        "before_commit": _("before it commits what it has prepared"),
    }
)
