"""An exploration from the page: a process of its own beside the web server, bounded, one at a time."""

from typing import Any

from distviz.codes import Reason
from distviz.explore import exploring
from distviz.explore.asked import check
from distviz.explore.models import Exploration, failed
from distviz.stack import beside


def start(**given: Any) -> Exploration:
    """Raises Forbidden, BadRequest, or NotNow while another one runs."""
    made = exploring.begin(check(**given))
    try:
        beside.manage("explore", "--json", "--exploration", str(made.pk))
    except OSError as error:
        Exploration.objects.filter(pk=made.pk).update(**failed(Reason.of("explore_not_started", text=error)))
        raise
    return made
