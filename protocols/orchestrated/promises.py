"""How a withdrawal by the orchestrated saga ends under each failure."""

from protocols.promises import COMPENSATED, GIVEN_BACK, OK

CELLS = {
    **{faults: cell for faults, cell in GIVEN_BACK.items() if "PaymentFailed" not in faults},
    # its own: the one who knows all steps dies, or the chain is lost with its message
    "coordinator.after_deduction:crash": OK,
    "message.ProcessPayment:drop": OK,
    "payment.in_tx:decline message.StepFailed:drop": COMPENSATED,
    "payment.in_tx:decline coordinator.after_turning_back:crash": COMPENSATED,
}
