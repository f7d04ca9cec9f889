"""What each code says. A sentence is made where it is shown: in the page's language, or in English for the API, the
command line and the databases' own text columns."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.story.shapes import EventLike
from distviz.story.words import actions, changes, findings, laws, points, refusals, wording

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# A parameter that is a reason itself is told as a sentence within the sentence.
SENTENCES: "dict[str, Text]" = {
    "text": "%(text)s",
    "error": "%(type)s: %(text)s",
    "database_error": "%(type)s: %(text)s",
    "lock_timeout": _("lock timeout: %(why)s"),
    "held_by_prepared": _("the row is held by prepared transaction %(gid)s"),
    "deadlock": _("deadlock: %(why)s"),
    "declined_on_purpose": _("%(who)s declined (injected fault)"),
    "error_on_purpose": _("injected error (%(at)s)"),
    "insufficient_funds": _("insufficient funds"),
    "no_reason": _("no reason is known"),
    "no_payment": _("no payment was recorded"),
    "max_retries": _("max retries exceeded (%(why)s)"),
    "given_up_before": _("this withdrawal was given up before"),
    "retries_used_up": _("max retries exceeded; last error: %(why)s"),
    "cannot_be_decided_now": _("nothing can be decided now: %(why)s"),
    "kills_its_worker": _("every attempt killed its worker"),
    # what stands in a queue and is no message
    "garbage_too_large": _("larger than %(kib)s KiB, as no message of this lab is"),
    "garbage_too_deep": _("nested deeper than %(most)s levels"),
    "garbage_not_utf8": _("not UTF-8"),
    "garbage_not_json": _("not JSON: %(text)s"),
    "garbage_not_keepable": _("a text that no database can keep"),
    "garbage_not_signed": _("not sent by this lab: its signature is missing or wrong"),
    "garbage_no_envelope": _("not the envelope of a message"),
    "garbage_field": _("not as Celery writes it here: %(field)s"),
    "garbage_task": _("there is no task %(task)s"),
    "garbage_other_queue": _("%(task)s is no task of the queue %(queue)s"),
    "garbage_key": _("where the queue should be was a %(kind)s; it was renamed"),
    "garbage_not_taken": _("Celery did not take it: %(text)s"),
    "others_are_held": _("All other processes of this service are held already; release one of them first."),
    # how a withdrawal ends, where several protocols say the same
    "withdrawal_declined": _("Declined: %(why)s. No money moved."),
    "not_debited": _("The account could not be debited: %(why)s. No money moved."),
    "given_back": _("$%(amount)s was refunded: %(why)s."),
    **refusals.SENTENCES,
    **actions.SENTENCES,
    **findings.SENTENCES,
    **laws.SENTENCES,
}
# Parameters whose values are keys: they are told by their names.
_NAMED: "dict[str, Callable[[str], str]]" = {
    "at": points.place,
    "by": wording.person,
    "who": points.service,
    "status": wording.status,
    "verdict": wording.verdict,
}
DEPTH = 8  # of reasons within reasons; deeper ones are not ours


def register(sentences: "Mapping[str, Text]") -> None:
    """A protocol's own codes; called by its AppConfig. One code has one sentence."""
    for code, sentence in sentences.items():
        if SENTENCES.setdefault(code, sentence) is not sentence:
            raise ValueError(f"the code {code!r} has another sentence already")


def say(reason: Reason, language: str | None = None) -> str:
    """The sentence of a reason, in a language or in that of the page. A code without one is shown as it is."""
    if language is not None:
        with translation.override(language):
            return say(reason)
    return _say(reason, DEPTH)


def _say(reason: Reason, depth: int) -> str:
    sentence = SENTENCES.get(reason.code)
    if sentence is None:
        return str(reason)
    try:
        return str(sentence) % {name: _part(name, value, depth) for name, value in reason.params.items()}
    except (KeyError, TypeError, ValueError):  # written by another version of the program
        return str(reason)


def english(reason: Reason | None) -> str:
    """For the API, the command line and text columns; "" if there is no reason."""
    return say(reason, "en") if reason else ""


def reason_of(data: Any) -> Reason | None:
    """The reason that an event of the log carries; None where there is none, or what stands there is no reason."""
    try:
        return Reason.read(data.get("reason")) if isinstance(data, Mapping) else None
    except ValueError:
        return None


def why(event: EventLike) -> str:
    """Why something failed, or "": the event's reason in the page's language, or the text of a log that has none."""
    reason = reason_of(event.data) if event.error else None
    return say(reason) if reason else event.error


def _part(name: str, value: Any, depth: int) -> Any:
    """A parameter in words: sums, services and fault points have names of their own in each language."""
    if isinstance(value, Mapping):
        inner = Reason.read(value) if depth else None
        return _say(inner, depth - 1) if inner else "…"
    if isinstance(value, list):
        return ", ".join(str(_part(name, one, depth)) for one in value)
    if named := _NAMED.get(name):
        return named(str(value))
    return changes.text(value) if isinstance(value, str) else value
