"""A bench from the page: a process of its own beside the web server, bounded, one at a time."""

import os
import subprocess
import sys
from typing import Any

from django.conf import settings

from distviz.bench import measuring
from distviz.bench.asked import BenchAsked, check
from distviz.bench.models import Result, failed
from distviz.codes import Reason
from distviz.errors import Forbidden


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
        _spawn(result)
    except OSError as error:
        Result.objects.filter(pk=result.pk).update(**failed(Reason.of("bench_not_started", text=error)))
        raise
    return result


def _spawn(result: Result) -> None:
    """It writes its progress and its figures into its result; no request waits for it."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", "--json", "--result", str(result.pk)]
    log = settings.DISTVIZ_HOME / "log" / "bench.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env={**os.environ, "DISTVIZ_ROLE": ""}, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    _children.append(process)
    for child in list(_children):
        if child.poll() is not None:  # its end was asked for, so that no zombie is left
            _children.remove(child)


_children: "list[subprocess.Popen[bytes]]" = []
