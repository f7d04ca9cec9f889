"""Whether a request comes from a page of this very site."""

from urllib.parse import urlsplit

_PORTS = {"http": "80", "https": "443"}


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin header names this very site. The scheme is not compared, for a proxy may speak TLS for us,
    but it says which port is meant where none is named."""
    try:
        parts = urlsplit(origin.lower())
        named = parts.port
    except ValueError:
        return False
    if parts.scheme not in _PORTS or not parts.hostname or parts.path or parts.username:
        return False
    usual = _PORTS[parts.scheme]
    name, port = split_host(host.lower(), usual)
    return (parts.hostname, str(named or usual)) == (name, port)


def split_host(host: str, usual_port: str) -> tuple[str, str]:
    """`[::1]:8000` → ("::1", "8000")."""
    name, colon, port = host.rpartition(":")
    if not colon or "]" in port:
        name, port = host, usual_port
    return name.strip("[]"), port or usual_port
