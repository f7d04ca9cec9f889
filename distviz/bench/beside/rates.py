"""What a protocol's machinery does a second by itself: measured by a process that works in the bench's databases."""

import json
import os
import subprocess
import sys

from django.conf import settings
from redis import Redis

from distviz.bench.beside.own import OwnDatabases, last_json
from distviz.errors import Unavailable
from distviz.stack import layout
from protocols.floor import RATES

SLACK_S = 120
AS_ROLE = "worker:account"  # its connections are those of a worker


def measure(own: OwnDatabases, name: str, seconds: float) -> float:
    """Raises Unavailable if the process says that it could not."""
    command = [sys.executable, str(layout.CHECKOUT / "manage.py"), "bench", "--rate", name, "--seconds", str(seconds)]
    env = {**own.environment(), "DISTVIZ_ROLE": AS_ROLE, "LOG_LEVEL": "WARNING"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds + SLACK_S, check=False)
    if done.returncode:
        raise Unavailable("bench_beside_failed", what=name, text=done.stderr.strip()[-300:])
    return float(last_json(done.stdout)["per_second"])


def here(name: str, seconds: float) -> str:
    """In that process."""
    if not os.environ.get("DATABASE_URL", "").endswith("/bench_default"):
        raise Unavailable("bench_beside_failed", what=name, text="not in the bench's own databases")
    try:
        return json.dumps({"name": name, "per_second": RATES[name](seconds)})
    finally:
        _forget_messages()


def _forget_messages() -> None:
    """Nobody handles them: they are in a database of the broker's where no worker listens."""
    with Redis.from_url(settings.BROKER_URL) as broker:
        if keys := list(broker.scan_iter(f"{settings.BROKER_PREFIX}*", count=1000)):
            broker.delete(*keys)
