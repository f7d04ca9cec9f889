"""How a withdrawal by TCC ends under each failure."""

from protocols.promises import DRIVEN_ON, GONE, NO, OK

CELLS = {
    **{faults: cell for faults, cell in DRIVEN_ON.items() if "MoneyDeducted" not in faults},
    "payment.in_tx:decline": NO,
    "payment.in_tx:error:99": GONE,
    "payment.in_tx:crash:99": GONE,
    "message.CustomerNotified:drop": OK,
    "payment.in_tx:decline refund.in_tx:error:2": NO,
    "payment.in_tx:decline refund.in_tx:crash": NO,
    "payment.in_tx:decline refund.after_commit:crash": NO,
    # its own: a cancel that comes before its try, and a confirm that comes twice or not at all
    "payment.in_tx:decline message.TryAccount:delay:1:1500": NO,
    "message.ConfirmAccount:duplicate": OK,
    "message.ConfirmPayment:drop": OK,
}
