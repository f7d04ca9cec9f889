"""What the services wrote down in English (outcomes, reasons, the auditor's findings), told in the page's language.

The databases and the API keep the English sentence: it is a fact. A sentence that is no known one is shown as it is.
"""

import re
from functools import cache

from django.utils.translation import get_language, gettext, gettext_noop

# A placeholder in capitals is a sentence again; the others are shown as they are.
SENTENCES = (
    gettext_noop("Declined: %(WHY)s. No money moved."),
    gettext_noop("$%(sum)s was given back: %(WHY)s."),
    gettext_noop("The account could not be debited: %(WHY)s. No money moved."),
    gettext_noop("Rolled back everywhere: %(WHY)s. No money moved."),
    gettext_noop("Max retries exceeded (%(WHY)s). Every attempt was rolled back; no money moved."),
    gettext_noop("$%(sum)s was withdrawn and paid; every step is done."),
    gettext_noop("$%(sum)s was withdrawn and paid; the last event is in the store."),
    gettext_noop("$%(sum)s was withdrawn and paid; every participant has committed."),
    gettext_noop("$%(sum)s was withdrawn and paid; every message was published and acknowledged."),
    gettext_noop("$%(sum)s was withdrawn; one COMMIT made it so."),
    gettext_noop("$%(sum)s was withdrawn; the answer was lost on its way, the COMMIT was not."),
    gettext_noop("$%(sum)s left the account and was never paid. Nothing will bring it back."),
    gettext_noop("$%(sum)s too much was paid: the same message was taken for two payments."),
    gettext_noop("The money was taken and paid, but the customer was never told and takes it for failed."),
    gettext_noop("The payment was made. This time nothing went wrong."),
    gettext_noop("The withdrawal failed before any money moved."),
    gettext_noop("insufficient funds"),
    gettext_noop("this request was refused before"),
    gettext_noop("%(who)s said no (switched on)"),
    gettext_noop("error switched on at %(at)s"),
    gettext_noop("Transient: %(WHY)s"),
    gettext_noop("max retries exceeded (%(WHY)s)"),
    gettext_noop("max retries exceeded; last error: %(WHY)s"),
    gettext_noop("it killed its worker each time it was tried"),
    gettext_noop("%(who)s gave up after the last retry (%(WHY)s)"),
    gettext_noop("%(WHY)s: broken by %(rows)s"),
    gettext_noop("opening + ledger = balance, account by account"),
    gettext_noop("opening = balances + paid + in flight + lost"),
    gettext_noop("no balance is negative"),
    gettext_noop("one ledger entry of a kind per withdrawal"),
    gettext_noop("what is lost is reported as lost"),
    gettext_noop("one payment per withdrawal"),
    gettext_noop("deducted and not refunded exactly where a payment was completed"),
    gettext_noop("every status is true of the databases"),
    gettext_noop("nothing was both refunded and paid"),
    gettext_noop("a message where money moved, and nowhere else"),
    gettext_noop("an inbox row where a payment was decided, and no other"),
    gettext_noop("append-only, in commit order and unique: the database's guards are in force"),
    gettext_noop("every snapshot is the fold of its prefix"),
    gettext_noop("every status is true of the database"),
    gettext_noop("messages of one account were published in the order of their rows"),
    gettext_noop("no fold of any prefix of a stream is negative"),
    gettext_noop("no inbox takes a message twice"),
    gettext_noop("no prepared transaction outlives its run"),
    gettext_noop("nobody has committed what was not decided"),
    gettext_noop("nothing was refunded and paid"),
    gettext_noop("of a withdrawal that is over every message is acknowledged"),
    gettext_noop("opening = balances + paid"),
    gettext_noop("opening − transactions = balance, account by account"),
    gettext_noop("the read models are the fold of the events up to their checkpoint"),
    gettext_noop("the to-do list is what the store says is open"),
    gettext_noop("versions are 1..n in each stream, in the order of their positions"),
    gettext_noop("what was decided was committed by everybody"),
    gettext_noop("COMMIT takes a yes from everybody"),
    gettext_noop("no vote from %(who)s in time"),
    gettext_noop("nobody decided in time"),
    gettext_noop("nobody asks for this transaction any more"),
)
_HOLE = re.compile(r"%\\\((\w+)\\\)s")


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(text, re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)) for text in SENTENCES]


def said(text: str) -> str:
    """ "$100.00 was given back: payment said no." in the words of the page's language."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    for sentence, pattern in _patterns():
        if match := pattern.fullmatch(text):
            parts = {name: said(part) if name.isupper() else part for name, part in match.groupdict().items()}
            return gettext(sentence) % parts
    return text
