"""Results in the lab's own database. While the lab is down they wait as files in its home."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from distviz.chaos.campaign import Report
from distviz.chaos.models import Campaign

MOST = 200  # results that are kept


def keep(report: Report) -> bool:
    """Whether it, and whatever still waits as a file, is in the database now."""
    row = {**report.as_dict(), "finished_at": timezone.now().isoformat()}
    file = _folder() / f"{row['started_at'].replace(':', '')}-{report.asked.seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(row))
    return store_files()


def store_files() -> bool:
    """False: the lab does not answer, or has not been started with this version yet."""
    try:
        for file in sorted(_folder().glob("*.json")):
            _store(json.loads(file.read_text()))
            file.unlink()
        old = Campaign.objects.values_list("pk", flat=True)[MOST:]
        Campaign.objects.filter(pk__in=list(old)).delete()
    except (DatabaseError, InterfaceError):
        return False
    return True


def _store(row: dict[str, Any]) -> None:
    times = {name: datetime.fromisoformat(row[name]) for name in ("started_at", "finished_at")}
    Campaign.objects.create(**{**row, **times})


def _folder() -> Path:
    return Path(settings.DISTVIZ_HOME) / "chaos"
