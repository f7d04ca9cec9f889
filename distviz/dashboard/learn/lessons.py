"""Guided scenarios: predict, run, reveal. One module for each subject; the order here is the order on the page."""

from distviz.dashboard.learn import doubt, first, lost, repeats, saga, two_phase, waiting
from distviz.dashboard.learn.shape import Scenario
from distviz.errors import NotFound

SCENARIOS: tuple[Scenario, ...] = (
    first.ONE_OR_MANY,
    first.TWO_WRITES,
    lost.LOST,
    repeats.TWICE,
    repeats.TWO_CLICKS,
    saga.COMPENSATES,
    two_phase.VOTE_NO,
    two_phase.COORDINATOR_DIES,
    doubt.BETWEEN_COMMITS,
    doubt.IS_IT_GONE,
    lost.RELAY,
    waiting.STALE_READ,
    waiting.RETRY_STORM,
    saga.REFUND_FAILS,
    saga.LATE_COPY,
)
BY_SLUG = {scenario.slug: scenario for scenario in SCENARIOS}


def get(slug: str) -> Scenario:
    """Raises NotFound for a slug that is no lesson's."""
    if slug not in BY_SLUG:
        raise NotFound("There is no such lesson.")
    return BY_SLUG[slug]


def after(scenario: Scenario) -> Scenario | None:
    """The next one, or None after the last."""
    place = SCENARIOS.index(scenario) + 1
    return SCENARIOS[place] if place < len(SCENARIOS) else None
