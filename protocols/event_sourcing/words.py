"""What the codes of event sourcing say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import points, sentences

sentences.register(
    {
        # how a withdrawal ends, and what goes wrong on the way
        "last_event_stored": _("$%(amount)s was withdrawn and paid; the last event is in the store."),
        "version_conflict": _("version conflict: another event was appended first; nothing was appended"),
        "corrupt_stream": _("%(stream)s has the event %(event)s at version %(version)s, after version %(after)s"),
        "event_out_of_place": _("%(event)s at version %(version)s cannot follow version %(after)s"),
        "balance_below_zero": _("the database refuses it: the balance would be below zero"),
        "checkpoint_ahead": _(
            "The read models are ahead of the event store: their checkpoint is position %(position)s; the store ends "
            "at %(newest)s or has another event there, as after a restored backup. Rebuild the read models."
        ),
        "another_projector": _("Another projector is working on the read models. Nothing was done; try again."),
        # time travel and the desk
        "no_such_aggregate": _("No such aggregate; its id is account:<name>, such as account:alice."),
        "no_stream": _("This account has no stream: it has no events."),
        "version_is_a_number": _("A version is a whole number from 0: the number of events."),
        "give_a_time": _("Give a time such as 2030-01-31T12:00:00."),
        "rewrite_one_of": _("Give one of %(known)s."),
        "which_event": _("Give the event that is to be rewritten: an account and a version."),
        "guard_is_gone": _(
            "The database allowed it. It was rolled back, but the guard is missing: run manage.py books."
        ),
        "view_differs": _("%(view)s: %(stored)s is stored, the events give %(anew)s"),
        "view_lacks_a_row": _("%(view)s: nothing is stored, the events give %(anew)s"),
        "view_has_a_row_too_many": _("%(view)s: %(stored)s is stored, the events give nothing"),
        "projector_stopped": _(
            "The projector is stopped. Withdrawals continue and finish; the read models fall behind."
        ),
        "projector_started": _("The projector continues from its checkpoint."),
        "events_projected": _("%(n)s events were projected."),
        "views_rebuilt": _(
            "The read models were rebuilt from %(n)s events in %(seconds)s s. "
            "Until the COMMIT readers saw the old ones."
        ),
        "role_of_owner": _("as role %(name)s, the owner of the table"),
        "role_of_another": _("as role %(name)s"),
        "rewrite_refused": _("%(sql)s;  -- %(role)s\n%(answer)s\nNothing was changed: stored events are immutable."),
        # what the auditor promises, and what was found against it
        "no_negative_prefix": _("no balance was ever negative"),
        "open_list_is_true": _("the list of open withdrawals is what the store says is open"),
        "versions_without_gaps": _("versions are 1..n in each stream, in the order of their positions"),
        "guards_in_force": _("append-only, in commit order and unique: the database's guards are in force"),
        "floor_is_true": _("what the database counts to refuse a balance below zero is what the events add up to"),
        "snapshots_are_true": _("every snapshot is sealed and is what its events add up to"),
        "views_are_true": _("the read models are what the events up to their checkpoint add up to"),
        "stored_as_it_ended": _("the facts of a withdrawal name the account, the amount and the end of its run"),
        "stored_otherwise": _("%(run)s ended as “%(status)s”, its last facts say otherwise"),
        "event_at": _("%(stream)s at version %(version)s"),
        "history_differs": _("the history at position %(position)s"),
        "view_stopped": _("%(account)s: %(text)s"),
        "balance_differs": _("%(account)s: another balance than its events add up to"),
    }
)

points.register({"projector.in_batch": _("in its transaction, before COMMIT")}, {"projector": _("Projector")})
