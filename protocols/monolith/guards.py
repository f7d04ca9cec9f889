"""What can be taken out of the monolith, for one run."""

from django.utils.translation import gettext_lazy as _

from distviz.trace.guards import Guard
from distviz.trace.statements import without
from protocols.monolith import bank

FOR_UPDATE, CHECK = "for_update", "check"
UNLOCKED = bank.LOCK.replace(" FOR UPDATE OF a", "")
assert UNLOCKED != bank.LOCK
# The constraint spares a row that says so, and only a row of an account of runs without guards may say so.
UNCHECKED = bank.DEDUCT.replace(" WHERE ", ", unchecked = balance < %(amount)s::numeric WHERE ")
assert UNCHECKED != bank.DEDUCT
without(bank.LOCK, FOR_UPDATE, UNLOCKED)
without(bank.DEDUCT, CHECK, UNCHECKED)

GUARDS = (
    Guard(
        FOR_UPDATE,
        _("FOR UPDATE: the account's row is locked before its balance is read, so that two withdrawals take turns."),
        _(
            "Two withdrawals read the same balance and both find it enough. The CHECK constraint still refuses the "
            "second one: it is tried again, and declined."
        ),
        bank.lock_account,
        beside=(CHECK,),
    ),
    Guard(
        CHECK,
        _("The CHECK constraint: whoever writes, no balance is below zero."),
        _("What read a balance that is not there any more takes the account below zero."),
        bank.deduct,
        beside=(FOR_UPDATE,),
    ),
)
