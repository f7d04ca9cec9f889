"""A process that tells how it was started, as one line of JSON, and does what it is told: `python -m
tests.support.tells [exit CODE | wait]`."""

import json
import os
import signal
import sys


def main() -> None:
    about = {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "words": sys.argv[1:],
        "role": os.environ["DISTVIZ_ROLE"],
        "told": os.environ.get("TOLD", ""),
        "stdin": os.readlink("/proc/self/fd/0"),
        "loaded": "orjson" in sys.modules,
        "sockets": sum(os.readlink(f"/proc/self/fd/{fd}").startswith("socket:") for fd in _open()),
    }
    print(json.dumps(about), flush=True)
    if sys.argv[1:2] == ["exit"]:
        sys.exit(int(sys.argv[2]))
    if sys.argv[1:2] == ["wait"]:
        signal.pause()  # until one ends it


def _open() -> list[int]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:  # the folder's own
            continue
        found.append(int(name))
    return found


if __name__ == "__main__":
    main()
