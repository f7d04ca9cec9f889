"""Dead letters: messages that could not be handled, kept with the reason until an operator decides."""

import hashlib
import re
from typing import Any

from django.db.models import F, Q

from distviz.codes import Reason
from distviz.story.words.sentences import english
from distviz.trace import log
from distviz.trace.models import DeadLetter, Run

KEPT = 4_000  # characters of what is no message
GARBAGE = "garbage"  # the name of such a letter, where others have that of their handler
IS_GARBAGE = Q(payload__has_key="raw")  # it cannot be sent again
_RUN = re.compile(r"tx_id\W{1,12}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def bury(run_id: str | None, service: str, name: str, payload: dict[str, Any], why: Reason, attempts: int) -> None:
    digest = hashlib.sha256(log.dumps(payload).encode()).hexdigest()
    DeadLetter.objects.create(
        run_id=run_id,
        service=service[:20],
        name=name,
        payload=payload,
        digest=digest,
        error=_storable(english(why))[:KEPT],
        why=why.as_json(),
        attempts=attempts,
    )


def bury_garbage(service: str, name: str, text: str, why: Reason) -> None:
    """What is no message at all. The same once more is counted; it belongs to the run that it speaks of, if any."""
    raw = {"raw": _storable(text)[:KEPT]}
    same = DeadLetter.objects.filter(
        digest=hashlib.sha256(log.dumps(raw).encode()).hexdigest(), state="dead", service=service[:20], name=name
    )
    if not same.update(attempts=F("attempts") + 1):
        bury(_run_named_in(text), service, name, raw, why, 1)


def run_in(text: str) -> str:
    """The run that a message speaks of, or "" if none can be read in it."""
    found = _RUN.search(text)
    return found[1] if found else ""


def _run_named_in(text: str) -> str | None:
    run = run_in(text)
    return run if run and Run.objects.filter(pk=run).exists() else None


def _storable(text: str) -> str:
    """With what PostgreSQL does not keep spelt out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
