"""An exploration from the page: a process of its own beside the web server, bounded, one at a time."""

from typing import Any
from uuid import UUID

from distviz.codes import Reason
from distviz.explore import dying, exploring
from distviz.explore.asked import ExplorationAsked, check
from distviz.explore.models import Exploration, failed
from distviz.stack import beside


def start(**given: Any) -> Exploration:
    """Raises Forbidden, BadRequest, or NotNow while another one runs."""
    return _begun(check(**given))


def of_run(run_id: UUID) -> Exploration:
    """Where its point of no return is. Raises Forbidden, NotFound, or NotNow, also while the run is open."""
    return _begun(dying.asked_of(run_id))


def _begun(asked: ExplorationAsked) -> Exploration:
    made = exploring.begin(asked)
    try:
        beside.manage("explore", "--json", "--exploration", str(made.pk))
    except OSError as error:
        Exploration.objects.filter(pk=made.pk).update(**failed(Reason.of("explore_not_started", text=error)))
        raise
    return made
