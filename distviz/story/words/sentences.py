"""What each code says. A sentence is made where it is shown: in the page's language, or in English for the API, the
command line and the databases' own text columns."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# A parameter that is a reason itself is told as a sentence within the sentence.
SENTENCES: "dict[str, Text]" = {
    "text": "%(text)s",
    "error": "%(type)s: %(text)s",
    "database_error": "%(type)s: %(text)s",
    "lock_timeout": _("lock timeout: %(why)s"),
    "deadlock": _("deadlock: %(why)s"),
    "declined_on_purpose": _("%(who)s said no (switched on)"),
    "error_on_purpose": _("error switched on at %(at)s"),
    "insufficient_funds": _("insufficient funds"),
    "no_reason": _("no reason is known"),
    "no_payment": _("no payment was recorded"),
    "max_retries": _("max retries exceeded (%(why)s)"),
    "retries_used_up": _("max retries exceeded; last error: %(why)s"),
    "kills_its_worker": _("it killed its worker each time it was tried"),
    "others_are_held": _("All other processes of this service are held already; release one of them first."),
    # how a withdrawal ends, where several protocols say the same
    "withdrawal_declined": _("Declined: %(why)s. No money moved."),
    "not_debited": _("The account could not be debited: %(why)s. No money moved."),
    "given_back": _("$%(amount)s was given back: %(why)s."),
}


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
    sentence = SENTENCES.get(reason.code)
    if sentence is None:
        return str(reason)
    try:
        return str(sentence) % {name: _part(value) for name, value in reason.params.items()}
    except (KeyError, ValueError):  # written by another version of the program
        return str(reason)


def english(reason: Reason | None) -> str:
    """For the API, the command line and text columns; "" if there is no reason."""
    return say(reason, "en") if reason else ""


def _part(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = Reason.read(value) if "code" in value else None
        return say(inner) if inner else str(value)
    return value
