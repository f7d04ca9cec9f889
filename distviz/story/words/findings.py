"""What the auditor's codes say: each promise about the money, and what was found against it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    "broken": _("%(promise)s: broken by %(found)s"),
    "broken_often": _("%(promise)s: broken by %(found)s and %(more)s more"),
    "ledger_adds_up": _("opening + ledger = balance, account by account"),
    "money_is_conserved": _("opening = balances + paid + in flight + lost − overpaid"),
    "no_negative_balance": _("no balance is negative"),
    "one_entry_of_a_kind": _("one ledger entry of a kind per withdrawal"),
    "losses_are_reported": _("what is lost is reported as lost"),
    "one_payment": _("one payment per withdrawal"),
    "deducted_where_paid": _("deducted and not refunded exactly where a payment was completed"),
    "not_refunded_and_paid": _("nothing was both refunded and paid"),
    "statuses_are_true": _("every status is true of the databases"),
    # what was found
    "unexplained": _("$%(amount)s unexplained"),
    "succeeded_without_payment": _("%(run)s succeeded without a payment"),
    "ended_with_money_gone": _("%(run)s ended as “%(status)s” with the money gone"),
    "compensated_without_refund": _("%(run)s compensated without a refund"),
    # what of a run is not as its protocol promises
    "another_status": _("status %(status)s"),
    "another_verdict": _("verdict %(verdict)s"),
    "another_deduction": _("$%(amount)s deducted"),
    "another_payment": _("$%(amount)s paid"),
}
