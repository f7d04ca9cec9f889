"""Which client a proxy speaks for. No header is believed unless its peer is in TRUSTED_PROXIES: by default, none is.

No Django here: the web server asks it before anything is parsed.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def client_of(host: str) -> str:
    """An address; of IPv6, whose addresses one client has by the billion, its network."""
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address) if address else host


def trusted(host: str, proxies: Networks) -> bool:
    address = _address(host)
    return address is not None and any(address in network for network in proxies)


def origin(peer: str, forwarded: Iterable[str], proxies: Networks) -> str:
    """The address that asks. Each proxy adds the one that it saw at the right end of X-Forwarded-For (`forwarded` are
    its lines): the first from the right that is no trusted proxy is the client; what is left of it, it may have
    invented."""
    seen = peer
    chain = [part.strip() for line in forwarded for part in line.split(",")]
    while trusted(seen, proxies) and chain:
        address = _address(chain.pop())
        if address is None:
            break
        seen = str(address)
    return seen


class Behind:
    """ASGI: the rest of the program sees the client and the scheme that a trusted proxy tells of, and no prefix of the
    address (`root_path`): the lab stands at the root, and a prefix could only come from who asks."""

    def __init__(self, application: Any, proxies: Networks) -> None:
        self.application, self.proxies = application, proxies

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        scope = {**scope, "root_path": ""}
        peer = scope.get("client")
        if peer and trusted(str(peer[0]), self.proxies):
            scope["client"] = [self._client(scope, str(peer[0])), 0]
            if _lines(scope, b"x-forwarded-proto")[-1:] == ["https"]:
                scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
        return await self.application(scope, receive, send)

    def _client(self, scope: dict[str, Any], peer: str) -> str:
        return origin(peer, _lines(scope, b"x-forwarded-for"), self.proxies)


def _lines(scope: dict[str, Any], wanted: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for name, value in scope.get("headers", []) if name.lower() == wanted]


def _address(text: str) -> Address | None:
    """`192.0.2.7`, `192.0.2.7:4711`, `[2001:db8::1]:4711`, `::ffff:192.0.2.7` (which is an IPv4 address)."""
    text = text.strip().partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
