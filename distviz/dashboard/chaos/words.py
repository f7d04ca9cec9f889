"""The kinds of failures and the verdicts of chaos, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from distviz.chaos import models, schedule


def kind(key: str) -> str:
    return {
        schedule.KILL: _("process killed"),
        schedule.KILL_CHILD: _("worker's child killed"),
        schedule.PAUSE: _("process paused"),
        schedule.LONG_PAUSE: _("process paused beyond the visibility timeout"),
        schedule.RESTART: _("server restarted"),
        schedule.SESSIONS: _("sessions ended"),
        schedule.READ_ONLY: _("database read-only"),
        schedule.FLUSH: _("broker flushed"),
        schedule.LOSE: _("messages lost"),
        schedule.DOUBLE: _("messages duplicated"),
        schedule.REORDER: _("messages reordered"),
    }.get(key, key)


def verdict(key: str) -> str:
    return {
        models.HOLDS: _("every invariant holds"),
        models.VIOLATED: _("violated"),
        models.INTERRUPTED: _("interrupted"),
    }.get(key, key)


def counts(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(kind(key), n) for key, n in found.items()]
