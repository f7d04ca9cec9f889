"""`manage.py up`: checks whether it can start at all, then runs the launcher. No Django is needed for it."""

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from distviz.stack import knobs, layout, sharing, state
from distviz.stack.env import LEVELS, URLS, env_bool, env_choice, env_url
from distviz.stack.launcher import Launcher


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (DISTVIZ_HOST, else 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (DISTVIZ_PORT, else 8000)")
    parser.add_argument("--no-supervise", action="store_true", help="leave killed processes dead")


def options_of(words: Sequence[str]) -> dict[str, Any] | None:
    """What these words say, or None if they say something that only Django's own parser knows."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    arguments(parser)
    try:
        found, others = parser.parse_known_args(list(words))
    except argparse.ArgumentError:
        return None
    return None if others else vars(found)


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
    layout.host()
    layout.home()
    for name in URLS:
        env_url(name)
    knobs.check()
    sharing.read(loopback=True)
    env_bool("DISTVIZ_HTTPS", False)
    env_choice("LOG_LEVEL", "INFO", LEVELS)
