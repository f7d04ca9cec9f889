"""How a withdrawal without a protocol ends under each failure."""

from protocols.promises import GHOST, GONE, LOST, NO, OK, TWICE

CELLS = {
    "": OK,
    "payment.in_tx:decline": LOST,
    "account.in_tx:decline": NO,
    "payment.before_tx:error:2": LOST,
    "payment.in_tx:error:2": LOST,
    "payment.in_tx:error:99": LOST,
    "account.in_tx:error:99": GONE,
    "payment.after_commit:error": GHOST,
    "account.after_commit:error": LOST,
    "account.before_tx:crash": GONE,
    "account.in_tx:crash": GONE,
    "account.after_commit:crash": LOST,
    "payment.before_tx:crash": LOST,
    "payment.in_tx:crash": LOST,
    "payment.after_commit:crash": GHOST,
    "payment.in_tx:crash:99": LOST,
    "notification.after_commit:crash": OK,
    "payment.in_tx:delay:1:700": OK,
    "message.MoneyDeducted:drop": LOST,
    "message.MoneyDeducted:duplicate": TWICE,
    "message.MoneyDeducted:delay:1:500": OK,
    "message.MoneyDeducted:reorder:1:500": OK,
    "message.PaymentProcessed:drop": GHOST,
}
