"""How a withdrawal by two-phase commit ends under each failure."""

from protocols.promises import GONE, NO, OK

CELLS = {
    "": OK,
    "payment.in_tx:decline": NO,
    "account.in_tx:decline": NO,
    "payment.before_tx:error:2": OK,
    "payment.in_tx:error:2": OK,
    "payment.in_tx:error:99": GONE,
    "account.in_tx:error:99": GONE,
    "payment.after_commit:error": OK,
    "account.after_commit:error": OK,
    "payment.in_tx:crash:99": GONE,
    "payment.in_tx:delay:1:700": OK,
}
