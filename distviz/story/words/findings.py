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
    "rows_are_of_their_run": _("every row of money names the account and the amount of its run"),
    "payments_are_whole": _("every payment is made or refused, and guarded as its protocol promises"),
    "customers_were_told": _("the customer was told what happened, once, and nothing else"),
    "logs_are_whole": _("every run log is whole, from its request to its end"),
    "runs_are_counted": _("the counts of runs are the runs"),
    "inbox_row_where_money_moved": _("an inbox row where money was taken or paid"),
    # what was found
    "unexplained": _("$%(amount)s unexplained"),
    "row_without_run": _("%(what)s of %(run)s, which is no run of this protocol"),
    "row_of_something_else": _("%(what)s of %(run)s names another account or amount"),
    "no_end": _("%(run)s is over and shown as “%(status)s”"),
    "open_with_an_end": _("%(run)s is shown as “%(status)s” and is not over"),
    "untrue_verdict": _("%(run)s has the verdict “%(verdict)s”"),
    "inconsistent_by_nobody": _("%(run)s is shown as “%(status)s” under a protocol that loses nothing"),
    "told_something_else": _("%(run)s ended as “%(status)s”, the customer was told otherwise"),
    "notifications_not_known": _("MongoDB does not answer"),
    "effect_without_inbox_row": _("%(run)s at %(who)s"),
    "log_has_a_gap": _("%(run)s: an event is missing in its log"),
    "log_without_its_end": _("%(run)s: its log and its end do not agree"),
    "log_of_something_else": _("%(run)s: its log was begun for another account or amount"),
    "log_ends_otherwise": _("%(run)s: its log ends otherwise"),
    "counted_otherwise": _("“%(status)s” with the verdict “%(verdict)s”"),
    "succeeded_without_payment": _("%(run)s succeeded without a payment"),
    "ended_with_money_gone": _("%(run)s ended as “%(status)s” with the money gone"),
    "compensated_without_refund": _("%(run)s compensated without a refund"),
    # what of a run is not as its protocol promises
    "another_status": _("status %(status)s"),
    "another_verdict": _("verdict %(verdict)s"),
    "another_deduction": _("$%(amount)s deducted"),
    "another_payment": _("$%(amount)s paid"),
}
