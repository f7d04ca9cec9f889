"""What comes in is bounded before anything parses it: size, time, headers, connections, live views."""

import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from distviz.stack.console import KEEP
from tests.support.stack import ROOT, Stack, free_port, wait_for

pytestmark = pytest.mark.long

MB = 1024 * 1024
KINDS = ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/json", "text/plain")
PATHS = ("/", "/lab/saga/", "/api/runs", "/nowhere", "/static/x", "/admin/login/", "/import/", "/api/imports")


class Front:
    """A web server of its own beside the stack's, with limits that a test can reach."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process
        self.url = f"http://127.0.0.1:{port}"

    @property
    def most_megabytes(self) -> float:
        """The most that it has ever had: what is taken and given back between two looks counts too."""
        words = Path(f"/proc/{self.process.pid}/status").read_text().split()
        return int(words[words.index("VmHWM:") + 1]) / 1024

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        """From an address of the loopback network: to the server that is another client."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(address, 0))

    def healthy(self, address: str = "127.0.0.1") -> float:
        """How long the answer to somebody else takes."""
        began = time.monotonic()
        with self.connect(address) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert b" 200 " in status(line)
        return time.monotonic() - began


@pytest.fixture
def front(stack: Stack) -> Callable[..., "contextmanager[Front]"]:
    @contextmanager
    def started(*options: str, descriptors: int = 0, **env: str) -> Iterator[Front]:
        port = free_port()
        words = [sys.executable, "-m", "distviz.front", "-b", "127.0.0.1", "-p", str(port), *options]
        words += ["distviz.asgi:application"]
        limit = (
            (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        )
        process = subprocess.Popen(
            words, cwd=ROOT, env=stack.env | {"DISTVIZ_ROLE": "web"} | env, stdout=-3, stderr=-3, preexec_fn=limit
        )
        made = Front(port, process)
        try:
            wait_for(lambda: answers(made.url), 60, "the server answers")
            yield made
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    return started


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def status(line: socket.socket) -> bytes:
    """The first line of an answer; b"" if the connection ended without one."""
    got = b""
    try:
        while b"\r\n" not in got and (data := line.recv(4096)):
            got += data
    except (ConnectionError, TimeoutError):
        pass
    return got.partition(b"\r\n")[0]


def post_body(line: socket.socket, path: str, kind: str, size: int, *, chunked: bool) -> bytes:
    """Send so much, as quickly as it is taken, and read the answer."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    line.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode())
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 65_000
    whole, rest = divmod(size, len(part))
    try:
        for _turn in range(whole):
            line.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        line.sendall(b"0\r\n\r\n" if chunked else part[:rest])  # a body that ends is read, if it is let in
    except (ConnectionError, TimeoutError):
        pass
    return status(line)


@pytest.mark.parametrize(("size", "paths"), [(100, PATHS), (300, PATHS[:2])])
@pytest.mark.thorough
def test_a_large_body_costs_no_memory_and_delays_no_other_request(front, size: int, paths: tuple[str, ...]) -> None:
    with front() as server:
        server.healthy()
        before, answered = server.most_megabytes, {}

        def send(path: str, kind: str, chunked: bool) -> None:
            with server.connect() as line:
                answered[path, kind, chunked] = post_body(line, path, kind, size * MB, chunked=chunked)

        senders = [
            threading.Thread(target=send, args=(path, KINDS[place % len(KINDS)], chunked))
            for place, path in enumerate(paths)
            for chunked in (False, True)
        ]
        worst = 0.0
        for one in senders:
            one.start()
        while any(one.is_alive() for one in senders):
            worst = max(worst, server.healthy("127.0.0.2"))
        more = server.most_megabytes - before
        print(f"{size} MB × {len(senders)}: +{more:.0f} MB, others waited {worst * 1000:.0f} ms")
        assert len(answered) == len(senders)
        assert {key: answer for key, answer in answered.items() if b" 413 " not in answer} == {}
        assert more < 60
        assert worst < 2  # two processes share the suite


def test_it_is_refused_before_the_body_has_come(front) -> None:
    with front() as server, server.connect() as line:
        began = time.monotonic()
        line.sendall(b"POST /lab/saga/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n")
        assert b" 413 " in status(line)
        assert time.monotonic() - began < 5  # the body never comes


def test_an_import_may_be_larger_than_a_form(front) -> None:
    with front() as server:
        for size, code in ((3 * MB, 422), (5 * MB, 413)):
            body = b'{"a": "' + b"x" * size + b'"}'
            answer = httpx.post(f"{server.url}/api/imports", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == code
            assert answer.json()["code"]


@pytest.mark.parametrize(
    ("first", "drop", "within"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-A: b\r\n", 2),
        (b"", b"\r", 2),
        (b"POST /lab/saga/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n", b"x", 4),
        (b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 4),
    ],
    ids=["headers", "nothing", "body", "chunks"],
)
def test_what_dribbles_is_ended(front, first: bytes, drop: bytes, within: float) -> None:
    with front(MAX_HEADER_SECONDS="2", MAX_REQUEST_SECONDS="4") as server, server.connect() as line:
        line.settimeout(0.2)
        began, got = time.monotonic(), b""
        line.sendall(first)
        while time.monotonic() - began < within + 8:
            try:
                line.sendall(drop)
                data = line.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            got += data
            if not data:
                break
        assert time.monotonic() - began < within + 7
        assert not got or b" 408 " in got or b" 400 " in got


def test_headers_are_bounded(front) -> None:
    with front() as server:
        for headers in (b"X: " + b"a" * 20_000, b"\r\n".join(b"X-%d: a" % n for n in range(200))):
            with server.connect() as line:
                line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n")
                assert b" 200 " not in status(line)
        assert server.healthy() < 2


def test_one_client_leaves_room_for_the_others(front) -> None:
    """With 1,024 descriptors in all."""
    with front(descriptors=1024) as server:
        lines: list[socket.socket] = []
        try:
            for _number in range(1100):
                try:
                    lines.append(server.connect())
                except OSError:
                    break
            assert server.healthy("127.0.0.2") < 2
        finally:
            for line in lines:
                line.close()
        assert wait_for(lambda: _let_in(server), 20, "those who left have left room")


def _let_in(server: Front) -> bool:
    try:
        return server.healthy() < 2
    except (OSError, AssertionError):
        return False


HELLO = (
    "GET /ws/lab/ HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_one_client_takes_its_share_of_live_views_and_gives_it_back(front) -> None:
    with front(MAX_VIEWS_PER_CLIENT="5") as server:

        def view(address: str) -> tuple[socket.socket, bytes]:
            line = server.connect(address)
            line.sendall(HELLO.format(port=server.port).encode())
            return line, status(line)

        opened = [view("127.0.0.1") for _number in range(7)]
        assert [b" 101 " in answer for _line, answer in opened] == [True] * 5 + [False] * 2
        assert b" 429 " in opened[-1][1]
        other, answer = view("127.0.0.2")
        assert b" 101 " in answer
        for line, _answer in [*opened, (other, answer)]:
            line.close()
        wait_for(lambda: b" 101 " in view("127.0.0.1")[1], 20, "a view that was closed leaves room")


def test_the_log_of_requests_is_bounded(front, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"x" * (KEEP + 1))
    with front("--access-log", str(log)) as server:
        server.healthy()
        server.healthy()
    assert log.stat().st_size < 1000
    assert log.with_suffix(".log.1").stat().st_size > KEEP
