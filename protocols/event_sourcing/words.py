"""What the codes of event sourcing say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import sentences

sentences.register(
    {
        # how a withdrawal ends, and what goes wrong on the way
        "last_event_stored": _("$%(amount)s was withdrawn and paid; the last event is in the store."),
        "version_conflict": _("VersionConflict: another event was appended first; nothing was appended"),
        "corrupt_stream": _("%(stream)s has the event %(event)s at version %(version)s, after version %(after)s"),
        "event_out_of_place": _("%(event)s at version %(version)s makes no sense after version %(after)s"),
        "another_projector": _("Another projector is working on the read models. Nothing was done; try again."),
        # time travel and the desk
        "no_such_aggregate": _("No such aggregate; its id is account:<name>, such as account:alice."),
        "no_stream": _("This account has no stream: nothing has ever happened to it."),
        "version_is_a_number": _("A version is a whole number from 0: after how many events."),
        "give_a_moment": _("Give a moment such as 2030-01-31T12:00:00."),
        "lies_are": _("One can try %(known)s."),
        "which_event": _("Say which event is to be rewritten: an account and a version."),
        "guard_is_gone": _(
            "The database allowed it. It was rolled back, but the guard is missing: run manage.py books."
        ),
        "view_differs": _("%(view)s: %(stored)s is stored, the events say %(anew)s"),
        "view_lacks_a_row": _("%(view)s: nothing is stored, the events say %(anew)s"),
        "view_has_a_row_too_many": _("%(view)s: %(stored)s is stored, the events say nothing"),
    }
)
