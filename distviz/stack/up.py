"""`manage.py up`: looks whether it can start at all, then hands over to the launcher. No Django is needed for it."""

import argparse
import asyncio
import os
import time
from typing import Any

from distviz.stack import env, layout, state
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
    env.check()
    host, port = layout.host(), layout.port()
    os.umask(0o022)
    held = state.lock()
    state.clear_leftovers()
    state.must_listen(host, port)
    try:
        return asyncio.run(Launcher(host, port, not options.get("no_supervise"), began).run())
    finally:
        held.close()
