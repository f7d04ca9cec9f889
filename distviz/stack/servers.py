"""The embedded servers: how each is made, started, asked whether it is ready, and stopped."""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import time
from pathlib import Path

from distviz.stack import asroot, binaries, layout, state
from distviz.stack.process import Process, tied

# Besides the usual: a lock that was asked for with NOWAIT or a time-out and was not to be had is an answer, no mishap.
ROUTINE_LINES = (
    " LOG: ",
    " STATEMENT:",
    " CONTEXT:",
    "\t",  # a statement's next line
    "FATAL:  the database system is",
    'FATAL:  database "',
    "ERROR:  could not obtain lock on row",
    "ERROR:  canceling statement due to lock timeout",
)
# Money: fsync stays on, so does synchronous_commit. 200 prepared transactions for 200 connections, because every one
# of them may be in doubt.
POSTGRES = {
    "listen_addresses": "",  # the sockets in the home, which nobody else may enter
    "scram_iterations": "64",  # of passwords that are long and random: more would only make each connection slower
    "max_connections": "200",
    "max_prepared_transactions": "200",
    "wal_writer_delay": "10ms",  # the run log commits asynchronously; a killed server forgets 30 ms of it at most
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_min_messages": "log",  # an error of a statement is told to who asked, who logs it; here are the server's own
    "unix_socket_permissions": "0700",
}


def postgres_name(server: str) -> str:
    return f"postgres:{server}"


def make(server: str, ports: dict[str, int]) -> Process:
    if server == "valkey":
        return _valkey(ports[server])
    if server == "mongo":
        return _mongo()
    return _postgres(server, ports[server])


def private(folder: Path) -> Path:
    """A folder that no other user may enter; refuses one that another user created first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {
        os.getuid(),
        asroot.NOBODY if not os.getuid() else -1,
    }:
        raise asroot.CannotStart(f"{folder} belongs to another user: remove it, or choose another DISTVIZ_HOME")
    folder.chmod(0o700)
    return folder


def _postgres(server: str, port: int) -> Process:
    data, socket = layout.home() / f"pg-{server}", layout.socket_dir()
    command = [str(binaries.postgres() / "postgres"), "-D", str(data)]
    command += ["-p", str(port), "-k", str(socket), "-c", f"cluster_name=distviz-{server}"]
    for name, value in POSTGRES.items():
        command += ["-c", f"{name}={value}"]

    async def before() -> None:
        await _initdb(data)
        _ask_everybody_for_a_password(data)
        asroot.hand_over(socket)
        await _vacated(data)
        state.must_be_free(port)

    return Process(
        role=postgres_name(server),
        command=command,
        other_user=asroot.other_user().words,
        before=before,
        stop=signal.SIGINT,  # "fast": sessions end, what is committed or prepared stays
        on_orphaned=signal.SIGINT,
        quiet=ROUTINE_LINES,
    )


async def _vacated(data: Path) -> None:
    """After a kill -9 of its parent a busy backend may still write. Two servers on the same data would destroy
    it, so no process may be left; only then is the stale postmaster.pid removed. (Left alone,
    PostgreSQL would refuse to start as soon as another process has been given the number that it names.)"""
    if not Path("/proc/self").exists():
        return
    until = time.monotonic() + 0.5
    while left := state.working_in({str(data)}):
        if time.monotonic() > until:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.02)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _ask_everybody_for_a_password(data: Path) -> None:
    """A cluster of an older version believed whoever reached its socket."""
    state.write(data / "pg_hba.conf", "local all all scram-sha-256\n", 0o600)
    os.chown(data / "pg_hba.conf", asroot.other_user().owner, -1)


async def _initdb(data: Path) -> None:
    """Makes the cluster beside its place and renames it: a start that was killed half-way leaves no half cluster."""
    if (data / "PG_VERSION").exists():
        asroot.hand_over(data)
        return
    fresh = data.with_name(f".{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    private(fresh)
    password = fresh.with_name(f".{data.name}.password")
    password.touch(0o600)
    password.write_text(layout.secret("postgres") or secrets.token_urlsafe(24))
    asroot.hand_over(fresh)
    os.chown(password, asroot.other_user().owner, -1)
    program = binaries.postgres() / "initdb"
    asroot.must_reach(program, fresh)
    command = [*asroot.other_user().words, *tied(signal.SIGKILL), str(program), "-D", str(fresh)]
    command += ["-U", layout.PG_USER]
    command += ["--auth=scram-sha-256", "--pwfile", str(password)]
    command += ["-E", "utf8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    try:
        child = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await child.communicate()
    finally:
        password.unlink()
    if child.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise asroot.CannotStart(f"initdb could not make {data}: {' '.join(last)}")
    fresh.rename(data)


def _valkey(port: int) -> Process:
    data = private(layout.home() / "valkey")
    command = [str(binaries.valkey()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)]
    # On disk within a second, and never full silently: a broker that evicts would lose messages without a word.
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    command += ["--maxmemory-policy", "noeviction", "--protected-mode", "yes", "--daemonize", "no"]
    command += ["--aclfile", str(data / "users.acl")]

    async def before() -> None:
        state.write(data / "users.acl", acl(), 0o600)
        state.must_be_free(port)

    return Process(role="valkey", command=command, before=before, quiet=("*", "WARNING Memory overcommit"))


# What each user may reach and do. Who publishes and consumes has the queues, who pokes and says that it lives has the
# stream, the heartbeats and the clients' shares; neither can empty the server, read its settings or change them.
VALKEY = {
    "admin": "~* &* +@all",
    "broker": "~dv:* allchannels +@all -@admin -@dangerous",
    "live": "~dv:live ~dv:heartbeat:* ~dv:readyz ~dv:share:* +@all -@admin -@dangerous -@pubsub",
}


def acl() -> str:
    """The users of Valkey; passwords as hashes."""
    lines = ["user default off"]
    for user in layout.VALKEY_USERS:
        password = layout.secret(f"valkey:{user}") or secrets.token_urlsafe(24)
        lines.append(f"user {user} on resetchannels #{hashlib.sha256(password.encode()).hexdigest()} {VALKEY[user]}")
    return "\n".join(lines) + "\n"


def _mongo() -> Process:
    data = private(layout.home() / "mongo")
    command = [*binaries.mongo(), "--socket", str(layout.mongo_socket()), "--data-dir", str(data)]
    return Process(role="mongo", command=command, quiet=("INFO",))
