"""Guided scenarios: predict, run, reveal. Each protocol brings its own; here they stand in the order of the page."""

from django.core.exceptions import ImproperlyConfigured

from distviz.errors import NotFound
from distviz.story.lesson.shape import Scenario
from protocols.registry import PROTOCOLS

SCENARIOS: tuple[Scenario, ...] = tuple(
    sorted(
        (
            scenario
            for protocol in PROTOCOLS.values()
            for scenario in protocol.lessons
            if PROTOCOLS.keys() >= set(scenario.protocols)
        ),
        key=lambda scenario: (scenario.level, scenario.order),
    )
)
BY_SLUG = {scenario.slug: scenario for scenario in SCENARIOS}
if len(BY_SLUG) < len(SCENARIOS):
    raise ImproperlyConfigured("Two lessons have the same slug; a copied protocol needs slugs of its own.")


def get(slug: str) -> Scenario:
    """Raises NotFound for a slug that is no lesson's."""
    if slug not in BY_SLUG:
        raise NotFound("no_such_lesson")
    return BY_SLUG[slug]


def after(scenario: Scenario) -> Scenario | None:
    """The next one, or None after the last."""
    place = SCENARIOS.index(scenario) + 1
    return SCENARIOS[place] if place < len(SCENARIOS) else None
