"""`manage.py up`: checks whether it can start at all, then runs the launcher. No Django is needed for it."""

import argparse
import asyncio
import os
import time
from typing import Any

from distviz.stack import layout, sharing, state
from distviz.stack.env import LEVELS, URLS, env_choice, env_float, env_int, env_url
from distviz.stack.launcher import Launcher


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (DISTVIZ_HOST, else 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (DISTVIZ_PORT, else 8000)")
    parser.add_argument("--no-supervise", action="store_true", help="leave killed processes dead")


def main(options: dict[str, Any]) -> int:
    began = time.monotonic()
    for option, variable in (("host", "DISTVIZ_HOST"), ("port", "DISTVIZ_PORT")):
        if options.get(option):
            os.environ[variable] = str(options[option])  # checked with the rest, and seen by every child
    check()
    host, port = layout.host(), layout.port()
    os.umask(0o077)
    held = state.lock()
    state.clear_leftovers()
    state.must_listen(host, port)
    try:
        return asyncio.run(Launcher(host, port, not options.get("no_supervise"), began).run())
    finally:
        held.close()


def check() -> None:
    """Every variable of docs/contract.md, read once before anything starts; settings reads the same ones again."""
    from distviz.stack import layout

    layout.host()
    layout.port()
    layout.home()
    for name in URLS:
        env_url(name)
    env_float("T_TERM", 30, 0.1, 3600)
    env_float("RECOVERY_INTERVAL", 1, 0.05, 3600)
    env_float("RECOVERY_MIN_AGE", 3, 0, 3600)
    env_int("LOCK_TIMEOUT_MS", 2000, 1, 60_000)
    env_int("ANSWER_TIMEOUT_MS", 6000, 1000, 60_000)
    env_int("RETRY_BASE_MS", 1000, 1, 60_000)
    env_int("RETRY_MAX", 5, 0, 20)
    env_int("VISIBILITY_TIMEOUT", 60, 1, 3600)
    env_float("SWEEP_AFTER", 5, 0, 3600)
    sharing.read(loopback=True)
    env_choice("LOG_LEVEL", "INFO", LEVELS)
