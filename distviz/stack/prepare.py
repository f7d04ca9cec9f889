"""Runs `manage.py prepare` beside the start of the servers: it imports Django while they come up, then waits."""

import asyncio
import contextlib
import json
import os
import signal
import sys

from distviz.stack import layout
from distviz.stack.process import tied

Preparing = asyncio.subprocess.Process


class Failed(Exception):
    """The start cannot go on; the message says why."""


async def begin() -> Preparing:
    return await asyncio.create_subprocess_exec(
        *tied(signal.SIGKILL),
        sys.executable,
        str(layout.CHECKOUT / "manage.py"),
        "prepare",
        "--when-told",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DISTVIZ_ROLE": ""},
        start_new_session=True,
    )


async def finish(preparing: Preparing) -> str:
    """The servers are there: go. Answers the admin's new password, or ""."""
    said, _ = await preparing.communicate(b"go\n")
    if preparing.returncode:
        raise Failed("the databases could not be prepared (the reason is above)")
    return str(json.loads(said)["password"])


def abandon(preparing: Preparing | None) -> None:
    if preparing and preparing.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            preparing.kill()
