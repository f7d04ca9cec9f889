"""What the lab adds to pages of the admin."""

from collections.abc import Iterable

from django import template

from distviz.dashboard import kept_pictures
from distviz.runs.admin import base
from distviz.story.picture.rows import Row
from distviz.trace.models import OperatorAction, Run

register = template.Library()
register.filter("time_of_day", base.time_of_day)


@register.simple_tag
def operators_acts(shown: int) -> Iterable[OperatorAction]:
    """The last ones."""
    return OperatorAction.objects.order_by("-at")[:shown]


@register.simple_tag
def timeline(run: Run, limit: int) -> list[Row]:
    """The first rows of a run's picture: what happened, in the words of the pages."""
    return kept_pictures.of(run, limit).rows
