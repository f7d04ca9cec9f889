"""Viewers: a process with many live views, which notes when each frame came and which rows it had.

Bare sockets and a parser of a few lines, for a library's client would take more of the processor than what is measured.
A line on stdin, {run: its last event}, says that nothing more is to come.
"""

import argparse
import json
import os
import selectors
import socket
import struct
import sys
import time
from typing import Any

_ASK = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ROW, BEHIND = b'id="e-', b'id="pace"'
TEXT, CLOSE, PING = 1, 8, 9
LONGEST_S = 60  # after the last event was written, until it has to be there


class View:
    """One live view: `frames` are [when it came, first row, last row, rows, bytes]; `told` when it said how far behind
    it is."""

    def __init__(self, port: int, path: str) -> None:
        self.path, self.frames, self.told, self.closed, self.last = path, [], [], 0, 0
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.line.sendall(_ASK.format(path=path, port=port).encode())
        self.kept = bytearray()
        while b"\r\n\r\n" not in self.kept:
            self.kept += self.line.recv(65536)
        head, _, rest = bytes(self.kept).partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise SystemExit(f"{path}: {head[:80]!r}")
        self.kept = bytearray(rest)
        self.line.setblocking(False)

    def read(self) -> bool:
        """What has come. False when it is over."""
        try:
            data = self.line.recv(1 << 20)
        except BlockingIOError:
            return True
        now = time.monotonic()
        self.kept += data
        while (found := _frame(self.kept)) is not None:
            code, text = found
            if code == TEXT:
                self._note(now, text)
            elif code == PING:
                self.line.send(bytes([0x8A, 0x80 | len(text), 0, 0, 0, 0]) + text)
            elif code == CLOSE:
                self.closed = struct.unpack("!H", text[:2])[0] if text else 1005
        return bool(data) and not self.closed

    def has(self, goals: dict[str, int]) -> bool:
        """Whether it has seen the last event of its run, or cannot any more."""
        return bool(self.closed) or self.last >= goals[self.path.split("/")[3]]

    def _note(self, now: float, text: bytes) -> None:
        at = text.find(BEHIND)
        if at >= 0 and b"hidden" not in text[at : text.index(b">", at)]:
            self.told.append(now)
        rows = text.count(ROW)
        first, last = text.find(ROW), text.rfind(ROW)
        numbers = [_number(text, at + len(ROW)) for at in (first, last)] if rows else [0, 0]
        self.last = max(self.last, numbers[1])
        self.frames.append([now, *numbers, rows, len(text)])


def _number(text: bytes, at: int) -> int:
    return int(text[at : text.index(b'"', at)])


def _frame(kept: bytearray) -> tuple[int, bytes] | None:
    """Takes the next whole frame from what was kept: its code and what it says."""
    if len(kept) < 2:
        return None
    size, start = kept[1] & 0x7F, 2
    if size >= 126:
        start = 4 if size == 126 else 10
        if len(kept) < start:
            return None
        size = int.from_bytes(kept[2:start], "big")
    if len(kept) < start + size:
        return None
    code, text = kept[0] & 0x0F, bytes(kept[start : start + size])
    del kept[: start + size]
    return code, text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", action="append", required=True)
    parser.add_argument("--viewers", type=int, required=True)
    options = parser.parse_args()
    views = [View(options.port, options.path[n % len(options.path)]) for n in range(options.viewers)]
    print("ready", flush=True)
    chooser: Any = selectors.DefaultSelector()
    for view in views:
        chooser.register(view.line, selectors.EVENT_READ, view)
    chooser.register(sys.stdin, selectors.EVENT_READ, None)
    goals: dict[str, int] = {}
    until = float("inf")
    while time.monotonic() < until and not (goals and all(view.has(goals) for view in views)):
        for key, _ in chooser.select(0.2):
            if key.data is None:
                goals, until = json.loads(sys.stdin.readline()), time.monotonic() + LONGEST_S
                chooser.unregister(sys.stdin)
            elif not key.data.read():
                chooser.unregister(key.data.line)
    cpu = sum(os.times()[:2])
    seen = [vars(view) | {"line": None, "kept": None} for view in views]
    print(json.dumps({"views": seen, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main()
