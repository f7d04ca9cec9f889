"""Every number that the environment sets: its default, and from what to what it makes sense. The settings and the front
read them here; `manage.py up` checks them all before it starts anything."""

from distviz.stack.env import env_float, env_int

WHOLE = {
    "DISTVIZ_PORT": (8000, 1, 65535),
    "LOCK_TIMEOUT_MS": (2000, 1, 60_000),
    "ANSWER_TIMEOUT_MS": (6000, 1000, 60_000),
    "IDLE_IN_TX_MS": (60_000, 1, 3_600_000),
    "RETRY_BASE_MS": (1000, 1, 60_000),
    "RETRY_MAX": (5, 0, 20),
    "VISIBILITY_TIMEOUT": (60, 1, 3600),
    "WORKER_CONCURRENCY": (4, 2, 64),
    "RUNS_PER_SECOND": (100, 1, 100_000),
    "BOOKS_WHOLE": (5000, 0, 2**31),
    "MAX_OPEN_RUNS": (500, 1, 100_000),
    "MAX_OPEN_RUNS_PER_CLIENT": (40, 1, 100_000),
    "COSTLY_PER_MINUTE": (240, 0, 100_000),  # 0: no limit
    "MAX_CONNECTIONS": (2500, 10, 100_000),
    "MAX_CONNECTIONS_PER_CLIENT": (1000, 1, 100_000),
    "MAX_VIEWS_PER_CLIENT": (500, 1, 100_000),
    "MAX_BODY_KIB": (64, 1, 1_000_000),
    "MAX_HEADER_SECONDS": (10, 1, 3600),
    "MAX_REQUEST_SECONDS": (60, 1, 3600),
}
REAL = {
    "T_TERM": (30, 0.1, 3600),
    "RECOVERY_INTERVAL": (1, 0.05, 3600),
    "RECOVERY_MIN_AGE": (3, 0, 3600),
    "SWEEP_AFTER": (5, 0, 3600),
    "WAIT_MAX_SECONDS": (600, 0.1, 3600),
}


def whole(name: str, default: int | None = None) -> int:
    """A whole number; `default` where the usual one does not fit. Ends the process if it makes no sense."""
    usual, low, high = WHOLE[name]
    return env_int(name, usual if default is None else default, low, high)


def real(name: str) -> float:
    """The same for a number with a fraction."""
    return env_float(name, *REAL[name])


def check() -> None:
    for name in WHOLE:
        whole(name)
    for name in REAL:
        real(name)
