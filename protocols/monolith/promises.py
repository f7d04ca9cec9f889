"""How a withdrawal in one database ends under each failure."""

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
    "account.before_tx:crash": OK,
    "account.in_tx:crash": OK,
    "account.after_commit:crash": OK,
    "payment.before_tx:crash": OK,
    "payment.in_tx:crash": OK,
    "payment.after_commit:crash": OK,
    "payment.in_tx:crash:99": GONE,
    "notification.after_commit:crash": OK,
    "payment.in_tx:delay:1:700": OK,
    "message.MoneyDeducted:drop": OK,
    "message.MoneyDeducted:duplicate": OK,
    "message.MoneyDeducted:delay:1:500": OK,
    "message.MoneyDeducted:reorder:1:500": OK,
    "message.WithdrawalRequested:drop": OK,
    "message.WithdrawalRequested:duplicate": OK,
}
