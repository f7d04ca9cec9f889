"""How a withdrawal with an outbox ends under each failure."""

from protocols.promises import GIVEN_BACK

CELLS = GIVEN_BACK
