"""How a withdrawal in one database ends under each failure."""

from protocols.promises import DRIVEN_ON, GONE, NO

CELLS = {
    **DRIVEN_ON,
    "payment.in_tx:decline": NO,
    "payment.in_tx:error:99": GONE,
    "payment.in_tx:crash:99": GONE,
}
