"""How a withdrawal by a saga ends under each failure."""

from protocols.promises import GIVEN_BACK

CELLS = GIVEN_BACK
