"""What the codes of errors say: what was wrong with a request, and what to do. Protocols have their own beside them."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# The classes of distviz/errors.py, where nothing more exact is known.
_GENERAL: "dict[str, Text]" = {
    "failed": _("This could not be done."),
    "bad_field": _("The value of this field is invalid. Nothing was done."),
    "not_found": _("There is no such thing here, or it is not yours."),
    "not_now": _("This cannot be done in the run's present state. Nothing was changed; reload the page."),
    "switched_off": _("This is switched off here. Nothing was done."),
    "log_in": _(
        "Only operators may do this here. Log in at /login/; programs send an operator's name and password (HTTP "
        "Basic). Nothing was done."
    ),
    "operators_only": _("Only operators may do this here, and this account is none. Nothing was done."),
    "wrong_password": _("This name and password do not belong together. Nothing was done."),
    "too_many_logins": _("Too many attempts to log in. Nothing was done; try again in %(seconds)s s."),
    "unavailable": _("A server that this needs does not respond. Nothing was done; try again in a moment."),
    "too_many_open": _(
        "%(most)s runs of yours are open, which is all that one client may have. No run was made; try again in "
        "%(seconds)s s, when the next of them is due to end."
    ),
    "too_many_open_here": _(
        "%(most)s runs from your address are open, which is all that one address may have. No run was made; try "
        "again in %(seconds)s s, when the next of them is due to end."
    ),
    "too_many_open_of_all": _(
        "%(most)s runs are open, which is all that this server takes. No run was made; try again in %(seconds)s s, "
        "when the next of them is due to end."
    ),
    "too_costly": _(
        "This costs processor time, and your share of it (COSTLY_PER_MINUTE: %(limit)s points) is used up. Try again "
        "in %(seconds)s s."
    ),
    "too_many_requests": _("Too many requests. No run was made; try again in %(seconds)s s."),
}

_REQUEST: "dict[str, Text]" = {
    "amount_is_text": _('Give the amount as a string with at most two decimals, such as "100.00".'),
    "amount_is_plain": _("Give a plain amount such as 100.00: digits, at most two decimals, no sign."),
    "amount_is_positive": _("The amount must be more than 0.00."),
    "faults_are_a_list": _('Give a list such as [{"at": "payment.in_tx", "do": "crash"}].'),
    "too_many_faults": _("At most %(most)s faults in one run."),
    "fault_is_an_object": _('A fault is an object such as {"at": "payment.in_tx", "do": "crash"}.'),
    "fault_fields": _("A fault has at, do, times and ms, and nothing else."),
    "no_such_point": _("No such point; GET /api/protocols lists them."),
    "guards_are_a_list": _("A list of guards of this protocol, by their keys."),
    "no_such_guard": _("One of this protocol's guards: %(known)s."),
    "no_such_action": _("Possible at %(point)s: %(known)s."),
    "whole_number_between": _("A whole number from %(low)s to %(high)s."),
    "number_between": _("Give a number from %(low)s to %(high)s."),
    "fault_needs_a_number": _("%(what)s: give a whole number."),
    "one_of": _("Give one of %(known)s."),
    "some_of": _("Give some of %(known)s."),
    "protocol_left_out": _("The protocol %(key)s cannot be loaded now; the front page says why. Its runs wait."),
    "no_such_protocol": _("No such protocol; there are %(known)s."),
    "mode": _('The mode is "run" or "step".'),
    "note": _("A note is one line of at most %(most)s printable characters."),
    "reason_wanted": _("Give a reason in one line of at most %(most)s printable characters. Nothing was done."),
    "reason_too_long": _("A reason is one line of at most %(most)s printable characters."),
    "commit_or_rollback": _('Give "commit" or "rollback".'),
    "account_name": _('Give the name of an account, such as "alice"; GET /api/accounts lists them.'),
    "no_such_account": _("No such account under %(protocol)s; GET /api/accounts lists them."),
    "not_an_account_of_all": _("%(protocol)s has no such account; choose one that all have."),
    "choose_protocols": _("Choose at least one protocol."),
    "key_in_use": _("This key was used for another request. No second run was made."),
    "bad_idempotency_key": _("Idempotency-Key must be 1 to 255 visible ASCII characters. No run was made."),
    "next_of_the_page_before": _("Give the `next` of the previous page."),
    "last_seq": _("Give the last seq that you have, or 0."),
    "field_missing": _("This field is required."),
    "field_string": _("Give a string."),
    "field_whole_number": _("Give a whole number."),
    "field_number_too_large": _("This number is too large."),
    "field_unknown": _("There is no such field; leave it out."),
    "field_object": _("Send a JSON object."),
    "field_surrogate": _("This text has half a surrogate pair in it."),
    "field_invalid": "%(text)s",  # a library's own sentence
}

_BODY: "dict[str, Text]" = {
    "other_site": _("This request comes from a page of another site. Nothing was done."),
    "send_json": _("Send JSON, with the header Content-Type: application/json. Nothing was done."),
    "body_too_large": _("The body is larger than %(kib)s KiB. Nothing was done."),
    "body_unreadable": _("%(why)s Nothing was done."),
    "request_too_slow": _("This request did not come within its time. Nothing was done."),
    "too_many_views": _("Too many live views are open at your address. Close some of them."),
    "server_full": _("Too much is on its way to this server. Try again in a moment."),
    "not_utf8": _("The body is not UTF-8."),
    "nested_too_deep": _("The body is nested deeper than %(most)s levels."),
    "not_json": _("The body is not JSON: %(text)s at character %(place)s."),
    "not_json_constant": _("%(name)s is not JSON."),
    "value_invalid": _("The body has a value that cannot be read."),
    "number_cannot_be_kept": _("%(number)s is no number that can be stored."),
    "send_utf8": _("Send text as UTF-8; no other charset is read. Nothing was done."),
    "form_unreadable": _("The form in the body cannot be read. Nothing was done."),
    "too_many_fields": _("More than %(most)s fields. Nothing was done."),
    "field_twice": _('The field "%(name)s" is given twice.'),
    "name_surrogate": _("The name of a field has half a surrogate pair in it."),
    "value_cannot_be_stored": _("One of the values cannot be stored. Nothing was done."),
    "no_such_address": _("There is nothing at this address; /api/docs lists what there is. Nothing was done."),
    "server_silent": _("A server that this needs does not respond. Try again in a moment; /readyz says which one."),
    "server_busy": _("Other requests are using every session with a database. Try again in a moment."),
    "rows_in_use": _(
        "Another transaction has locked rows that this needs. Try again once it has ended; a held step is released on "
        "its run's page."
    ),
    "our_mistake": _("This is a mistake in distviz. This request moved no money; the server's log has the details."),
}

_RUNS: "dict[str, Text]" = {
    "no_such_run": _("No such run."),
    "no_such_message": _("No such message in this run."),
    "no_such_dead_letter": _("No such dead letter."),
    "failures_switched_off": _("Failures are switched off on this server (FAULTS_ENABLED). No run was made."),
    "failures_for_staff": _("Failures are switched off on this server (FAULTS_ENABLED); staff may sign in and do it."),
    "no_account_with_money": _(
        "No account under this protocol has $%(amount)s left. No run was made; see manage.py reset."
    ),
    "no_money_for_lesson": _("No account has enough money left for this lesson. No run was made; see manage.py reset."),
    "broker_silent": _(
        "The message broker does not respond. The request is recorded and continues when the broker is back."
    ),
    "still_parked": _("The message broker does not respond. %(name)s is still parked; try again soon."),
    "run_is_over": _("This run is over: %(status)s. Start it again as a new run, or fork it."),
    "nothing_to_compete_with": _("This run is over: %(status)s. A competing withdrawal would meet nothing."),
    "nothing_held": _("No step of this run is held. Nothing was changed."),
    "nothing_to_retry": _("Nothing of this run waits for manual action. Nothing was changed."),
    "nothing_parked": _("No message of this run is parked any more. Nothing was changed."),
    "nothing_to_overtake": _("No other parked message could overtake %(name)s. It still waits."),
    "message_was_delivered": _("%(name)s was delivered already. Nothing was changed."),
    "message_was_dropped": _("%(name)s was dropped before. Nothing was changed."),
    "message_is_taken": _("%(name)s has just been handled by another request. Nothing was changed."),
    "run_is_busy": _("This run is being worked on, is held, or is over. Nothing was changed."),
    "letter_was_requeued": _("This dead letter was sent again already. Nothing was changed."),
    "no_prepared_transaction": _(
        "Nothing of this run is in doubt: no prepared transaction waits. Nothing was changed."
    ),
    "parked_verbs": _("A parked message can be delivered, dropped, duplicated or reordered."),
}

_PAGES: "dict[str, Text]" = {
    "choose_commit_or_rollback": _("Choose commit or roll back."),
    "reason_with_name": _("Give a reason in one line: it is kept with the action. Nothing was done."),
    "no_such_guarantee": _("There is no such guarantee in the table. No run was made."),
    "no_such_demonstration": _("There is no such demonstration. No run was made."),
    "no_such_lesson": _("There is no such lesson."),
    "choose_an_answer": _("Choose an answer first. It is a prediction; it may be wrong."),
    "choose_a_file": _("Choose a file that was exported as JSON."),
    "bench_is_running": _("A bench is running already. Wait for its end: two at once would measure each other."),
    "bench_no_run": _("%(protocol)s: no run was made; the server refused all of them."),
    "bench_no_money": _("%(protocol)s: no account has enough for this; `manage.py reset` refills them."),
    "bench_died": _("The bench stopped reporting."),
    "bench_not_started": _("It could not be started: %(text)s"),
    "bench_beside_failed": _("%(what)s could not be measured: %(text)s"),
    "bench_on_loopback": _("A bench can be started from this page only on your own lab (loopback, FAULTS_ENABLED)."),
    "web_server_silent": _("The web server at %(where)s does not respond (%(text)s); is `manage.py up` running?"),
    "rows_still_locked": _(
        "Rows are still locked (%(text)s). Some of the books may be cleared already: run `manage.py reset` again "
        "once the transaction that holds them has ended."
    ),
}

_IMPORTS: "dict[str, Text]" = {
    "not_imported": _("%(why)s Nothing was imported."),
    "file_too_large": _("The file is larger than %(most)s MB. Nothing was imported."),
    "event_cannot_be_drawn": _("This event cannot be drawn. Nothing was imported."),
    "no_such_import": _("No such import. The oldest are removed when there are too many."),
    "import_not_readable": _("This import cannot be shown any more: %(field)s is wrong. Import the file again."),
    "seq_without_gaps": _("Events are numbered without gaps; here %(seq)s is due. Nothing was imported."),
    "cause_comes_before": _("A cause comes before what it causes. Nothing was imported."),
    "time_in_utc": _("Give a time in UTC, such as 2025-03-01T12:00:00.000000Z."),
    "uuid": _("Give a UUID."),
    "one_line": _("Give one line of printable characters."),
    "text_too_long": _("A text in it has more than %(most)s characters."),
    "bad_character": _("A text in it has an invalid character."),
    "number_too_large": _("A number in it is too large."),
    "number_from_zero": _("%(name)s is a number of 0 or more."),
    "named_number_too_large": _("%(name)s is too large."),
    "is_a_list": _("%(name)s is a list."),
    "is_an_object": _("%(name)s is an object."),
    "money_is_text": _('money is text with two decimals, such as "-100.00".'),
}

_HEALTH: "dict[str, Text]" = {
    "read_models_ahead": _("the read models are ahead of the event store"),
    "no_answer_in_time": _("no answer in time"),
    "does_not_answer": _("does not answer"),
    "takes_no_writes": _("answers, and takes no writes"),
}

SENTENCES: "dict[str, Text]" = {**_GENERAL, **_REQUEST, **_BODY, **_RUNS, **_PAGES, **_IMPORTS, **_HEALTH}
