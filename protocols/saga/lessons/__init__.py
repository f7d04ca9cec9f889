"""The lessons of the saga."""

from protocols.saga.lessons.compensations import COMPENSATES, REFUND_FAILS
from protocols.saga.lessons.repeats import LOST, TWICE, TWO_CLICKS
from protocols.saga.lessons.retries import RETRY_STORM

LESSONS = (LOST, TWICE, TWO_CLICKS, COMPENSATES, RETRY_STORM, REFUND_FAILS)
