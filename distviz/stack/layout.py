"""Where everything is: the address of each database, of the broker and of the live stream.

Pure and quick, no Django: settings, the launcher and the tests all ask here. An address comes from its URL
variable if that is set, else from the embedded server, whose port the launcher has written to `stack.json`.
"""

import hashlib
import json
import os
import secrets as random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url

from distviz.stack import env, knobs, logins
from distviz.stack.env import env_str, env_url, refuse

CHECKOUT = Path(__file__).resolve().parents[2]
QUEUES = ("account", "payment", "notification", "coordinator")
PLAIN = {queue: f"{queue}.plain" for queue in QUEUES}  # the second queue of each, for what is nothing special
WORKERS = tuple(f"worker:{queue}" for queue in QUEUES)
ROLES = ("web", *WORKERS, "beat")

PG_USER = logins.SUPERUSER
VALKEY_USERS = ("admin", "broker", "live")
# The variable that replaces a database -> the embedded server where it is otherwise. X_URL is that of the database x.
_OTHERWISE = {"MONOLITH_URL": "lab", "EVENTS_URL": "lab", "ACCOUNT_URL": "account", "PAYMENT_URL": "payment"}
_NAMES = {variable: variable.removesuffix("_URL").lower() for variable in _OTHERWISE}
# alias -> (embedded server, database there, the variable that replaces it)
DATABASES: dict[str, tuple[str, str, str]] = {
    "default": ("lab", "distviz", "DATABASE_URL"),
    **{name: (_OTHERWISE[variable], name, variable) for variable, name in _NAMES.items()},
}
LONGEST = 88  # bytes of the folder's name
PG_SERVERS = ("lab", "account", "payment")
SERVERS = (*PG_SERVERS, "valkey", "mongo")


def beats(role: str) -> tuple[str, ...]:
    """Who has to say that it works, so that this role does: whoever reads each of a worker's two queues."""
    queue = role.removeprefix("worker:")
    return (role, f"worker:{PLAIN[queue]}") if role in WORKERS else (role,)


def home() -> Path:
    """DISTVIZ_HOME, or `.distviz` beside manage.py: data and generated secrets."""
    path = Path(env_str("DISTVIZ_HOME", str(CHECKOUT / ".distviz"))).expanduser().absolute()
    if path.exists() and not path.is_dir():
        refuse(f"DISTVIZ_HOME={str(path)!r} makes no sense: it is a file, not a folder")
    return path


def host() -> str:
    name = env_str("DISTVIZ_HOST", "127.0.0.1")
    if any(letter.isspace() or letter in "/?#@" for letter in name):
        refuse(f"DISTVIZ_HOST={name!r} makes no sense: it must be an address such as 127.0.0.1 or 0.0.0.0")
    return name


def port() -> int:
    return knobs.whole("DISTVIZ_PORT")


def tag() -> str:
    """Short and the same at every start: it names this home's socket folder and its Celery nodes."""
    return hashlib.sha256(f"{os.getuid()}:{home()}".encode()).hexdigest()[:10]


def socket_dir() -> Path:
    """Where the servers' sockets are: in the home. The path of a unix socket must fit into 107 bytes, so for a home
    with a long name the launcher makes a folder elsewhere, with a name that nobody can guess."""
    own = home() / "run"
    return own if len(str(own)) <= LONGEST else Path(read_stack().get("sockets") or own)


def stack_file() -> Path:
    return home() / "stack.json"


def read_stack() -> dict[str, Any]:
    """What the launcher wrote last; {} before the first start (or if it was cut off)."""
    try:
        stack = json.loads(stack_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return stack if isinstance(stack, dict) else {}


def first_ports() -> dict[str, int]:
    """The ports to try first, below the range from which the system takes ports for outgoing connections."""
    start = 15_000 + int(tag(), 16) % 1_600 * 10
    return {server: start + place for place, server in enumerate(SERVERS)}


def embedded() -> tuple[str, ...]:
    """The servers that have to be started: those with at least one address that no URL replaces."""
    needed = {server for server, _, variable in DATABASES.values() if env_url(variable) is None}
    if env_url("NOTIFICATION_URL") is None:
        needed.add("mongo")
    if env_url("REDIS_URL") is None or env_url("BROKER_URL") is None:
        needed.add("valkey")
    return tuple(server for server in SERVERS if server in needed)


@dataclass(frozen=True)
class Layout:
    """The address of everything. `servers` says on which server a database lives: 2PC ids are unique per server."""

    databases: dict[str, str]
    notification: str
    redis: str
    broker: str
    servers: dict[str, str]
    ports: dict[str, int]
    replaced: frozenset[str]  # the databases with a URL of their own, which says who reaches them

    def dsn(self, alias: str) -> str:
        return self.notification if alias == "notification" else self.databases[alias]


def load(*, admin: bool = False) -> Layout:
    """As this process reaches it, or as the `admin` of the home does. Never fails for want of servers: `manage.py
    check` and the unit tests import settings without any."""
    ports = first_ports() | {name: int(at) for name, at in read_stack().get("ports", {}).items()}
    socket, keys = quote(str(socket_dir()), safe=""), quote(str(passwords()), safe="")
    urls, servers, replaced = {}, {}, set()
    for alias, (server, name, variable) in DATABASES.items():
        if url := env_url(variable):
            urls[alias], servers[alias] = url, env.place(url)
            replaced.add(alias)
        else:
            user = PG_USER if admin else logins.of_process(alias)
            urls[alias], servers[alias] = f"postgresql://{user}@{socket}:{ports[server]}/{name}?passfile={keys}", server
    notification = env_url("NOTIFICATION_URL") or f"mongodb://{quote(str(mongo_socket()), safe='')}/notification"
    servers["notification"] = env.place(notification) if env_url("NOTIFICATION_URL") else "mongo"
    return Layout(
        databases=urls,
        notification=notification,
        redis=env_url("REDIS_URL") or _valkey("admin" if admin else "live", ports, 1),
        broker=env_url("BROKER_URL") or _valkey("admin" if admin else "broker", ports, 0),
        servers=servers,
        ports=ports,
        replaced=frozenset(replaced),
    )


def _valkey(user: str, ports: dict[str, int], number: int) -> str:
    password = secret(f"valkey:{user}")
    who = f"{user}:{password}@" if password else ""
    return f"redis://{who}127.0.0.1:{ports['valkey']}/{number}"


def mongo_socket() -> Path:
    return socket_dir() / "mongo.sock"


def passwords() -> Path:
    """The passwords of PostgreSQL's roles, in the form that libpq reads."""
    return home() / "pgpass"


def databases() -> dict[str, dj_database_url.DBConfig]:
    """The five aliases in the form of Django's DATABASES; what a URL carries after `?` becomes OPTIONS."""
    return {alias: dj_database_url.parse(load().dsn(alias), engine="distviz.postgres") for alias in DATABASES}


@cache
def _secrets(at: Path) -> dict[str, str]:
    return dict(json.loads(at.read_bytes()))


def forget_secrets() -> None:
    """There are new ones."""
    _secrets.cache_clear()


def secret(name: str) -> str | None:
    """A generated secret of this home; only the launcher writes them."""
    try:
        return _secrets(home() / "secrets.json").get(name)
    except (OSError, ValueError):
        return None


def secret_key() -> str:
    """Django's key. With no home yet (check, unit tests, collectstatic) one that lives as long as this process."""
    return secret("django") or random.token_urlsafe(50)
