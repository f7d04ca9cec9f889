"""A process that has loaded the libraries and forks the Python processes of the stack. Importing is most of a start,
and what is imported once is in memory once.

The launcher has the other end of its one socket (forking.py). A message is a JSON object. To it: {"command", "env",
"on_orphaned"}, with the pipe for what the new process says. From it: {"began": pid} or {"failed": why}, and {"ended":
pid, "code": as in subprocess}. A process that it has forked ends with it, and it ends with the launcher.

    python -m distviz.stack.forkserver SOCKET LIBRARY…
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from re import escape
from typing import Any

from distviz.stack.process import tie

LARGEST = 64 * 1024  # bytes of a message: a command and its environment have some hundreds
_server = os.getpid()  # this process's number, or after a fork its parent's


@dataclass
class Job:
    """What a forked process is to be. `command` begins with `python -m`."""

    command: list[str]
    env: dict[str, str]
    on_orphaned: int
    said: int  # the file descriptor of its standard output and error

    def prepare(self) -> None:
        """As if it had been executed: a standard input, an environment and a name of its own."""
        tie(self.on_orphaned, _server)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, standard in ((nothing, 0), (self.said, 1), (self.said, 2)):
            os.dup2(ours, standard)
        os.close(nothing)
        os.close(self.said)
        os.environ.update(self.env)
        for entry in filter(None, self.env.get("PYTHONWARNINGS", "").split(",")):
            action, _, message = entry.partition(":")
            warnings.filterwarnings(action, escape(message))  # type: ignore[arg-type]
        _name(self.command)

    def run(self) -> None:
        _python, _m, module, *words = self.command
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def serve(launcher: socket.socket) -> Job | None:
    """Fork what is asked for until the launcher is gone. Returns the job in a process that was forked, else None."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    with selectors.DefaultSelector() as selector:
        selector.register(launcher, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the launcher's alone; it stops the rest in order
            signal.signal(sign, signal.SIG_IGN)
        signal.set_wakeup_fd(wakes)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                os.read(woken, 4096)
                _tell_ended(launcher)
            if launcher in ready:
                message, pipes, _flags, _address = socket.recv_fds(launcher, LARGEST, 1)
                if not message:
                    return None
                job = _asked(launcher, message, pipes)
                if job:
                    break
    for end in (woken, wakes):
        os.close(end)
    return job


def _asked(launcher: socket.socket, message: bytes, pipes: list[int]) -> Job | None:
    """What cannot be begun is told, and the others live on."""
    try:
        if not pipes:
            raise OSError("the fork server has no room for one more pipe")
        return _forked(launcher, json.loads(message), pipes[0])
    except (OSError, ValueError) as error:
        _tell(launcher, {"failed": str(error)})
        return None
    finally:
        if os.getpid() == _server:
            for pipe in pipes:
                os.close(pipe)


def _forked(launcher: socket.socket, asked: dict[str, Any], said: int) -> Job | None:
    """It is told once it can be sent a signal: it has its own handlers by then, and a session of its own."""
    seen, ready = os.pipe()
    try:
        pid = os.fork()
        if pid:
            os.close(ready)
            ready = -1
            os.read(seen, 1)  # or it has ended
            _tell(launcher, {"began": pid})
            return None
    finally:
        if os.getpid() == _server:
            for end in (seen, ready):
                if end >= 0:
                    os.close(end)
    signal.set_wakeup_fd(-1)
    for sign in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    launcher.close()
    os.close(seen)
    os.close(ready)
    return Job(**asked, said=said)


def _tell(launcher: socket.socket, what: dict[str, Any]) -> None:
    with suppress(OSError):  # the launcher is gone
        launcher.send(json.dumps(what).encode())


def _tell_ended(launcher: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell(launcher, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _name(command: list[str]) -> None:
    """What `ps` shows."""
    with suppress(ImportError):
        from setproctitle import setproctitle

        setproctitle(" ".join(command))


def main() -> None:
    launcher = socket.socket(fileno=int(sys.argv[1]))
    for library in sys.argv[2:]:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # nor does a collection touch, and so copy, what is shared
    job = serve(launcher)
    if job:
        job.prepare()
        job.run()


if __name__ == "__main__":
    main()
