"""How much one request may bring, how long it may take to come, and how many connections there may be."""

import resource
from collections import Counter
from dataclasses import dataclass, field

from distviz.stack import knobs
from distviz.stack.env import env_networks
from distviz.web.proxies import Networks, trusted

RESERVED = 256  # descriptors for databases, files and the event loop
IMPORT = 4 * 1024 * 1024 + 64 * 1024  # a whole run (distviz/imports/reading.py), and what a form puts around it
LARGE = {b"/api/imports": IMPORT, b"/import/": IMPORT}


def _usual(name: str) -> int:
    """What it is where the environment does not say."""
    return knobs.WHOLE[name][0]


@dataclass(frozen=True)
class Limits:
    body: int = _usual("MAX_BODY_KIB") * 1024  # bytes, as much as a form and the API take
    bodies: int = 64 * 1024 * 1024  # bytes of all bodies that are on their way or being handled
    header_s: float = _usual("MAX_HEADER_SECONDS")  # from the first byte to the end of the headers
    request_s: float = _usual("MAX_REQUEST_SECONDS")  # from the first byte to the last
    connections: int = _usual("MAX_CONNECTIONS")
    per_client: int = _usual("MAX_CONNECTIONS_PER_CLIENT")
    views_per_client: int = _usual("MAX_VIEWS_PER_CLIENT")
    proxies: Networks = ()  # that are believed whom they speak for

    def body_at(self, uri: bytes) -> int:
        return LARGE.get(uri.partition(b"?")[0], self.body)


def from_environment() -> Limits:
    """As many connections as there are descriptors for; unless it is set, one client has half of them at most."""
    connections = knobs.whole("MAX_CONNECTIONS")
    connections = max(10, min(connections, _descriptors(connections + RESERVED) - RESERVED))
    share = min(Limits.per_client, connections // 2)
    return Limits(
        body=knobs.whole("MAX_BODY_KIB") * 1024,
        header_s=knobs.whole("MAX_HEADER_SECONDS"),
        request_s=knobs.whole("MAX_REQUEST_SECONDS"),
        connections=connections,
        per_client=knobs.whole("MAX_CONNECTIONS_PER_CLIENT", share),
        views_per_client=knobs.whole("MAX_VIEWS_PER_CLIENT"),
        proxies=env_networks("TRUSTED_PROXIES"),
    )


def _descriptors(wanted: int) -> int:
    """How many this process may have open; raised as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else max(soft, wanted)
    if soft < min(wanted, most):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, most), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@dataclass
class InUse:
    """What is taken now. All of it happens in one thread, the reactor's."""

    limits: Limits
    connections: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    bodies: int = 0

    def enter(self, client: str, peer: str) -> bool:
        """A new connection of `client` from the address `peer`, if there is room for one more. A trusted proxy brings
        those of all its clients."""
        share = self.limits.connections if trusted(peer, self.limits.proxies) else self.limits.per_client
        if self.connections.total() >= self.limits.connections or self.connections[client] >= share:
            return False
        self.connections[client] += 1
        return True

    def leave(self, client: str) -> None:
        _one_less(self.connections, client)

    def may_view(self, client: str) -> bool:
        return self.views[client] < self.limits.views_per_client

    def view(self, client: str) -> None:
        self.views[client] += 1

    def view_ends(self, client: str) -> None:
        _one_less(self.views, client)


def _one_less(counter: Counter[str], client: str) -> None:
    counter[client] -= 1
    if counter[client] <= 0:
        del counter[client]
