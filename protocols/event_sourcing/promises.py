"""How a withdrawal by event sourcing ends under each failure."""

from protocols.promises import GIVEN_BACK

CELLS = GIVEN_BACK
