"""Results in the lab's own database. While the lab is down they wait as files in its home."""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from distviz.chaos.campaign import CampaignReport
from distviz.chaos.models import Campaign

MOST = 200  # results that are kept


def keep(report: CampaignReport) -> bool:
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
            _store(file)
        old = Campaign.objects.values_list("pk", flat=True)[MOST:]
        Campaign.objects.filter(pk__in=list(old)).delete()
    except (DatabaseError, InterfaceError):
        return False
    return True


def _store(file: Path) -> None:
    """Once, though the process may die before the file is gone. What is no result is put aside for people."""
    try:
        row: dict[str, Any] = json.loads(file.read_text())
        row |= {name: datetime.fromisoformat(row[name]) for name in ("started_at", "finished_at")}
        Campaign.objects.get_or_create(id=uuid.uuid5(uuid.NAMESPACE_URL, file.name), defaults=row)
    except (ValueError, LookupError, TypeError, FieldError):
        file.rename(file.with_suffix(".unreadable"))
        return
    file.unlink()


def _folder() -> Path:
    return Path(settings.DISTVIZ_HOME) / "chaos"
