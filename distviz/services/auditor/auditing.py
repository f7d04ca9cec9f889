"""An audit that does not read everything each time. Where a protocol has few runs, everything is read. Where it has
many, a complete audit seals the runs that are over (sealing.py), and the next ones read what came after them. What
takes whole tables is said as of the complete audit; but for I14, nothing is said to be broken before everything was
read."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from distviz.codes import Reason
from distviz.services.agreement import Resurfaced
from distviz.services.auditor.models import KeptAudit
from distviz.services.books import Bookkeeper, Books, Invariant
from distviz.services.sealing import Seal
from distviz.trace.models import RunCount

_log = logging.getLogger(__name__)
ENOUGH = 200  # runs that have ended since: then they are sealed, too
# What was found of the runs that were read says nothing of the others; nor would their server answer sooner.
_OF_ITS_RUNS = {"I14"}
_SUMS = ("paid", "lost", "overpaid", "opening", "balances")


def now(protocol: str, books: Bookkeeper, *, complete: bool = False) -> Books:
    """The books as they are. `complete`: whatever it costs, everything is read."""
    if not is_large(protocol):
        return books.audit()
    kept = None if complete else KeptAudit.objects.filter(pk=protocol).first()
    return (kept and _since(kept, books)) or of_everything(protocol, books)


def known(protocol: str, books: Bookkeeper) -> Books | None:
    """The same for a page, which nobody should have to wait for: None if everything would have to be read first."""
    if not is_large(protocol):
        return books.audit(thorough=False)
    kept = KeptAudit.objects.filter(pk=protocol).first()
    return _since(kept, books) if kept else None


def of_everything(protocol: str, books: Bookkeeper) -> Books:
    """A complete audit. If the books hold, it is what the next ones begin at."""
    begun, found = timezone.now(), books.audit()
    if found.hold and found.seal:
        _keep(protocol, found, begun)
    else:
        KeptAudit.objects.filter(pk=protocol).delete()
    return found


def is_large(protocol: str) -> bool:
    ended: int = RunCount.objects.filter(protocol=protocol).aggregate(n=Sum("n"))["n"] or 0
    return ended > settings.BOOKS_WHOLE


def forget() -> None:
    """Everything is gone that was sealed."""
    KeptAudit.objects.all().delete()


def _since(kept: KeptAudit, books: Bookkeeper) -> Books | None:
    """What was sealed and what came after it. None: it takes a complete audit to say what is true."""
    try:
        found = books.audit(since=_seal(kept))
    except Resurfaced:
        found = None
    if found is None or {one.id for one in found.invariants if not one.holds} - _OF_ITS_RUNS:
        _log.info("the books of %s are read as a whole", kept.protocol)
        return None
    if found.hold and found.seal and found.seal.runs >= ENOUGH:
        _advance(kept, found.seal)
    return replace(found, invariants=_in_order(kept, found.invariants), as_of=kept.complete_at)


def _in_order(kept: KeptAudit, found: Sequence[Invariant]) -> list[Invariant]:
    """Each invariant as it was found now, or else as of the complete audit."""
    fresh = {one.id: one for one in found}
    return [fresh.get(number) or _held(number, stored, kept.complete_at) for number, stored in kept.invariants]


def _held(number: str, stored: object, at: datetime) -> Invariant:
    return Invariant(number, True, Reason.read(stored) or Reason("no_reason"), as_of=at)


def _keep(protocol: str, found: Books, begun: datetime) -> None:
    assert found.seal
    invariants = [[one.id, one.reason.as_json()] for one in found.invariants]
    columns = {"complete_at": begun, "invariants": invariants, **_columns(found.seal)}
    KeptAudit.objects.update_or_create(protocol=protocol, defaults=columns)


def _advance(kept: KeptAudit, seal: Seal) -> None:
    """Unless somebody else has done so meanwhile: then these runs are in that one's sums already."""
    KeptAudit.objects.filter(pk=kept.pk, upto=kept.upto, complete_at=kept.complete_at).update(**_columns(seal))


def _columns(seal: Seal) -> dict[str, object]:
    sums = {name: str(getattr(seal, name)) for name in _SUMS}
    return {"upto": seal.upto, "marks": dict(seal.marks), "sums": sums}


def _seal(kept: KeptAudit) -> Seal:
    paid, lost, overpaid, opening, balances = (Decimal(kept.sums[name]) for name in _SUMS)
    return Seal(kept.upto, kept.marks, paid, lost, overpaid, opening, balances)
