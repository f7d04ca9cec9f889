"""The processes that are distviz itself: web, one worker per service, the coordinator's worker, beat."""

import sys
from signal import SIGKILL

from distviz.stack import layout
from distviz.stack.process import Process


def web(host: str, port: int) -> Process:
    # Limits, because the defaults let one socket fill the memory or linger for ever; see docs/decisions.md.
    command = [sys.executable, "-m", "distviz.front", "-b", host, "-p", str(port), "--no-server-name"]
    command += ["--websocket-max-message-size", "65536", "--ping-interval", "20", "--ping-timeout", "30"]
    command += [
        "--application-close-timeout",
        "10",
        "--access-log",
        str(layout.home() / "log" / "access.log"),
    ]
    return Process(role="web", command=[*command, "distviz.asgi:application"])


def worker(queue: str) -> Process:
    command = [sys.executable, "-m", "distviz.worker", queue]
    # Killed, not asked, when the launcher is killed: a warm shutdown would wait for a held step.
    return Process(role=f"worker:{queue}", command=command, env=_UNWARNED, on_orphaned=SIGKILL)


def beat() -> Process:
    command = [sys.executable, "-m", "celery", "-q", "-A", "distviz.beat", "beat", "--pidfile=", "-l", "INFO"]
    command += ["-s", str(layout.home() / "beat.schedule")]
    return Process(role="beat", command=command, on_orphaned=SIGKILL, quiet=("Sending due task",))


# In a container everything is root; saying so four times at every start hides what matters.
_UNWARNED = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def all_of_them(host: str, port: int) -> list[Process]:
    return [web(host, port), *(worker(queue) for queue in layout.QUEUES), beat()]
