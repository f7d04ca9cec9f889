"""Where and how it was measured: what one has to know before one compares figures."""

import os
import platform
from typing import Any

import django
from django.conf import settings
from django.db import connections


def read() -> dict[str, Any]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        postgres, fsync = cursor.fetchone()
    return {
        "distviz": settings.VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": postgres,
        "fsync": fsync,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "workers": settings.WORKER_CONCURRENCY,
        "lock_timeout_ms": settings.LOCK_TIMEOUT_MS,
        "retry_base_ms": settings.RETRY_BASE_MS,
        "retry_max": settings.RETRY_MAX,
        "path": "POST /api/runs",
    }
