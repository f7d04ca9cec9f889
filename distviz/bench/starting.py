"""A bench from the page: a process of its own beside the web server, bounded, one at a time."""

from typing import Any

from django.conf import settings

from distviz.bench import measuring
from distviz.bench.asked import BenchAsked, check
from distviz.bench.models import Result, failed
from distviz.codes import Reason
from distviz.errors import Forbidden
from distviz.stack import beside


def allowed() -> bool:
    """Where failures may be switched on: a bench loads the machine, which is nothing to offer to strangers."""
    return settings.FAULTS_ENABLED and settings.LOOPBACK


def start(**given: Any) -> Result:
    """Raises Forbidden, BadRequest, or NotNow while another one runs."""
    if not allowed():
        raise Forbidden("bench_on_loopback")
    asked: BenchAsked = check(**given)
    result = measuring.begin(asked)
    try:
        beside.manage("bench", "--json", "--result", str(result.pk))
    except OSError as error:
        Result.objects.filter(pk=result.pk).update(**failed(Reason.of("bench_not_started", text=error)))
        raise
    return result
