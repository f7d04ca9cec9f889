"""What the codes of the outbox say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import points, sentences

sentences.register(
    {
        # how a withdrawal ends
        "published_and_acknowledged": _(
            "$%(amount)s was withdrawn and paid; every message was published and acknowledged."
        ),
        "refused_before": _("this request was declined before"),
        # what needs manual action
        "outbox_row_unpublishable": _("outbox row %(row)s cannot be published: %(why)s"),
        # what the operator's desk refuses
        "outbox_nobody_to_ask": _("The message broker does not respond. Every row stays in its outbox."),
        "outbox_row_not_dead": _("This row is not dead. Nothing was changed."),
        "outbox_row_not_sent": _("This row was never sent, or has just been sent again. Nothing was sent now."),
        "outbox_row_no_message": _("The row holds no message that can be sent: %(type)s: %(text)s"),
        "outbox_row_not_sent_again": _("The message broker does not respond. The row was not sent again."),
        # what it answers
        "outbox_pass_requested": _("One pass requested. Its result appears beside the relay in a moment."),
        "outbox_stopped_already": _("It was stopped already."),
        "outbox_stopped": _(
            "Stopped. Messages committed from now on wait in the outbox; money in flight stays in flight."
        ),
        "outbox_running_already": _("It is running already."),
        "outbox_started": _("Started. Waiting messages are published now, oldest first."),
        "outbox_row_due_again": _("Row %(row)s is due again with new attempts."),
        "outbox_row_sent_again": _(
            "Row %(row)s was sent again. Its consumers recognise it: they count a duplicate, and no money moves."
        ),
        # fields of its forms
        "outbox_which_service": _("There is an outbox at %(services)s."),
        "outbox_which_row": _("Name a row as the page does, such as account-12."),
        "outbox_how_many_attempts": _("Give the number of attempts that the page shows for this row."),
        "outbox_which_state": _("A row is %(states)s, and nothing else."),
        "outbox_which_account": _("An account's name has at most 40 printable characters."),
        "outbox_which_run": _("Give the whole id of a run or of a message."),
        "outbox_which_page": _("There is no such place in the list; begin at the newest."),
    }
)

points.register(
    {"relay.after_publish": _("after publishing, before the row is marked as sent")}, {"relay": _("Outbox relay")}
)
