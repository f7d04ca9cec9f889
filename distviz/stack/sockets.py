"""A connection whose other side is gone without a word is found within 15 s; the systems' own limits are hours."""

import socket
import sys
from typing import Any

IDLE_S, EVERY_S, TIMES = 5, 2, 5
VALKEY = {
    getattr(socket, name): value
    for name, value in (("TCP_KEEPIDLE", IDLE_S), ("TCP_KEEPINTVL", EVERY_S), ("TCP_KEEPCNT", TIMES))
    if sys.platform == "linux"
}


def postgres(answer_ms: int) -> dict[str, Any]:
    """libpq leaves them out where the server is reached without a network."""
    intervals = {"keepalives_idle": IDLE_S, "keepalives_interval": EVERY_S, "keepalives_count": TIMES}
    return {**intervals, "tcp_user_timeout": answer_ms}
