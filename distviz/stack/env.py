"""The environment, read strictly: a value that makes no sense stops the start with one clear line, exit code 2.

No Django here: settings, the launcher and the tests read it before anything else exists.
"""

import ipaddress
import math
import os
import re
import sys
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

POSTGRES = ("postgresql", "postgres")
MONGO = ("mongodb", "mongodb+srv")
REDIS = ("redis", "rediss", "unix")
BROKER = ("redis", "rediss", "redis+socket", "amqp", "amqps", "pyamqp")

URLS: dict[str, tuple[str, ...]] = {
    "DATABASE_URL": POSTGRES,
    "MONOLITH_URL": POSTGRES,
    "EVENTS_URL": POSTGRES,
    "ACCOUNT_URL": POSTGRES,
    "PAYMENT_URL": POSTGRES,
    "NOTIFICATION_URL": MONGO,
    "REDIS_URL": REDIS,
    "BROKER_URL": BROKER,
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")  # of LOG_LEVEL


def refuse(line: str) -> NoReturn:
    """End here: nothing has been started, so there is nothing to clean up."""
    print(f"distviz: {line}", file=sys.stderr, flush=True)
    raise SystemExit(2)


def _raw(name: str) -> str | None:
    """An empty variable counts as unset: `T_TERM= make up` means the default."""
    return os.environ.get(name, "").strip() or None


def env_str(name: str, default: str) -> str:
    return _raw(name) or default


def env_list(name: str, default: str = "") -> list[str]:
    """Words with commas between."""
    return [word.strip() for word in env_str(name, default).split(",") if word.strip()]


def env_int(name: str, default: int, low: int, high: int) -> int:
    raw = _raw(name)
    if raw is None:
        return default
    # int() also takes "1_000", "１２" and "+5": not in an environment variable of ours.
    if not re.fullmatch(r"-?[0-9]{1,18}", raw) or not low <= int(raw) <= high:
        refuse(f"{name}={raw!r} makes no sense: it must be a whole number from {low} to {high}")
    return int(raw)


def env_float(name: str, default: float, low: float, high: float) -> float:
    raw = _raw(name)
    if raw is None:
        return default
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not low <= value <= high or "_" in raw or not raw.isascii():  # NaN fails every comparison
        refuse(f"{name}={raw!r} makes no sense: it must be a number from {low:g} to {high:g}")
    return value


def env_choice(name: str, default: str, known: tuple[str, ...]) -> str:
    """One of the words in `known`, in capitals or not."""
    value = (_raw(name) or default).upper()
    if value not in known:
        refuse(f"{name}={value!r:.60} makes no sense: it must be one of {', '.join(known)}")
    return value


def env_bool(name: str, default: bool) -> bool:
    raw = (_raw(name) or "").lower()
    if not raw:
        return default
    if raw not in TRUE | FALSE:
        refuse(f"{name}={raw!r} makes no sense: it must be on or off (also 1/0, true/false, yes/no)")
    return raw in TRUE


def env_networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses and networks with commas between: `127.0.0.1, 10.0.0.0/8`."""
    found = []
    for word in env_list(name):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            refuse(f"{name}={word!r:.60} makes no sense: it must be an address or a network such as 10.0.0.0/8")
    return found


def split(url: str) -> SplitResult:
    """urlsplit that also checks the port; ValueError says what is wrong, and never shows a password."""
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError:
        # A list of hosts (mongodb://a:1,b:2) has no single port, and that is fine.
        if "," not in parts.netloc:
            raise ValueError("its port is not a number from 0 to 65535") from None
    return parts


def place(url: str) -> str:
    """host:port of an external server, without its password."""
    return unquote(split(url).netloc.rpartition("@")[2])


def env_url(name: str) -> str | None:
    """The URL that replaces an embedded server, checked as far as that goes without connecting."""
    url = _raw(name)
    if url is None:
        return None
    schemes = URLS[name]
    try:
        parts = split(url)
    except ValueError as wrong:
        refuse(f"{name} is not a URL: {wrong}")
    if parts.scheme not in schemes:
        refuse(f"{name} must begin with {schemes[0]}://, not with {parts.scheme or url.partition('/')[0]!r}")
    if schemes is POSTGRES:
        if "," in parts.netloc:
            refuse(f"{name} must name one host: Django connects to one server for each database")
        if not parts.path.strip("/"):
            refuse(f"{name} must name its database: postgresql://user:password@host:5432/database")
    elif not parts.hostname and parts.scheme not in {"unix", "redis+socket"}:
        refuse(f"{name} must name its host: {parts.scheme}://host:port/…")
    if parts.scheme in {"redis", "rediss"} and not re.fullmatch(r"/?[0-9]{0,4}", parts.path):
        refuse(f"{name} must end with the number of its database: {parts.scheme}://host:port/0")
    return url
