"""Whether a process that said it holds something is still there: the same one, not a zombie, not a later one with its
number."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from distviz.postgres.session import thread

# A process of a worker, or a thread of it, does one thing at a time: what it took last is what it works on.
_TAKEN = """
SELECT DISTINCT ON (w.who) w.who, e.run_id::text
FROM runs r JOIN run_events e ON e.run_id = r.id AND e.kind = 'message' AND e.phase = 'received'
    CROSS JOIN LATERAL (SELECT concat_ws('/', e.data->>'pid', e.data->>'thread') AS who) w
WHERE r.finished_at IS NULL AND r.protocol = %(protocol)s AND r.account = %(account)s
  AND w.who = ANY(%(who)s::text[])
ORDER BY w.who, e.id DESC
"""


HOST = os.uname().nodename
MAX_HOLD_S = settings.WAIT_MAX_SECONDS  # then a hold ends by itself
ENDED_S = MAX_HOLD_S + 10  # since its begin; its transaction has lost its locks too, see services/places.py


def me() -> dict[str, Any]:
    """Enough to recognise this process later, and which of its threads it is where it has several."""
    mine = thread()
    who = {"pid": os.getpid(), "host": HOST, "started": _my_start(os.getpid())}
    return who | {"thread": mine} if mine else who


def alive(who: Mapping[str, Any]) -> bool:
    """True also for a process of another machine: only that machine can tell, until what it holds ends by itself."""
    if who.get("host") != HOST:
        return not _has_ended(who)
    try:
        pid = int(who["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return _started(pid) == who.get("started")


def _has_ended(who: Mapping[str, Any]) -> bool:
    """Whether it said `since` when it holds something, and that is too long ago."""
    try:
        since = datetime.fromisoformat(str(who["since"]))
        return (datetime.now(UTC) - since).total_seconds() > ENDED_S
    except (KeyError, ValueError, TypeError):
        return False


@lru_cache(maxsize=1)
def _my_start(pid: int) -> str:
    """This process's own, which stays what it is until it forks."""
    return _started(pid)


def _started(pid: int) -> str:
    """The kernel's start time of a process, "" for a zombie; where there is no /proc the number alone has to do."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "?" if not Path("/proc/self").exists() else ""
    return "" if state == "Z" else fields[18]


def working_for(protocol: str, account: str, who: Iterable[str]) -> dict[str, str]:
    """The open runs on this account that these work for, as far as the log knows: each a process, or `process/thread`,
    as in the names of their sessions."""
    wanted = "{" + ",".join(who) + "}"
    if wanted == "{}":
        return {}
    with connections["default"].cursor() as cursor:
        cursor.execute(_TAKEN, {"protocol": protocol, "account": account, "who": wanted})
        return {str(one): str(run) for one, run in cursor.fetchall()}
