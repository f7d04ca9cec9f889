"""How long a connection to the broker waits, and how often a message is published again; docs/decisions.md says why."""

from typing import Any

from distviz.stack import sockets

RETRIES = {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


def transport(visibility_timeout: int, prefix: str) -> dict[str, Any]:
    """Celery's options for Valkey."""
    return {
        "visibility_timeout": visibility_timeout,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 10,  # a process that dies with it would keep all others from restoring for 5 minutes
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "socket_keepalive_options": sockets.VALKEY,
        "health_check_interval": 10,
        "global_keyprefix": prefix,
    }
