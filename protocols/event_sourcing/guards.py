"""What can be taken out of event sourcing, for one run: the guards that the services have, and those of the store."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without_each
from protocols.event_sourcing import account
from protocols.guards import INBOX, LATE_ACK, PAYMENT_LOOKUP, REFUSAL, SWEEP

UNIQUE_VERSION, FLOOR, GAP_FREE, ONCE = "unique_version", "floor", "gap_free", "fact_once"


def _append_without(out: Sequence[str]) -> str:
    """The same append by a function of the store, which takes these guards out for it (migrations 0008, 0009)."""
    given = "%(stream)s, %(version)s, %(facts)s::jsonb"
    return f"SELECT type, withdrawal_id, data, version, position FROM append_without('{','.join(out)}', {given})"


without_each(account.APPEND, (UNIQUE_VERSION, FLOOR, GAP_FREE, ONCE), _append_without)

GUARDS = (
    INBOX,
    PAYMENT_LOOKUP,
    REFUSAL,
    SWEEP,
    LATE_ACK,
    Guard(
        UNIQUE_VERSION,
        _("Unique version: an append that was decided on an older version is refused, and decided again."),
        _(
            "Two withdrawals are decided on the same balance. The store still refuses to go below zero: the second one "
            "is decided again, and declined."
        ),
        account.append,
        beside=(FLOOR,),
    ),
    Guard(
        FLOOR,
        _("The store's floor: whatever was decided, no append takes a balance below zero."),
        _("What was decided on a balance that is not there any more takes the account below zero."),
        account.append,
        beside=(UNIQUE_VERSION,),
    ),
    Guard(
        GAP_FREE,
        _("Positions without gaps: who appends waits for who is appending, so that their order is that of commits."),
        _(
            "A projector that has seen a later position never looks at an earlier one that is committed after it. An "
            "append is one statement, so nothing can be held between the two, and no failure of the explorer comes "
            "there; it stays because a server under load does."
        ),
        account.append,
    ),
    Guard(
        ONCE,
        _("Fact once: a withdrawal has each fact once, whatever is delivered how often."),
        _(
            "Two copies of a message that are handled at once append the same fact. The unique version still makes the "
            "second one decide again, and it finds what the first one wrote."
        ),
        account.append,
        beside=(UNIQUE_VERSION,),
    ),
)
