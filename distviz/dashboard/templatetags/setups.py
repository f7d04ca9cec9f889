"""Links to a form filled in as a run, or a race, was asked for."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()


def faults_of(asked: Iterable[Any]) -> list[tuple[str, str]]:
    """The fields of the faults: which, how often, how long."""
    fields = []
    for fault in asked:
        value = f"{fault.at}:{fault.do}"
        fields += [("fault", value), (f"times:{value}", str(fault.times)), (f"ms:{value}", str(fault.ms))]
    return fields


@register.simple_tag
def lab_as(run: Any, faults: Iterable[Any], without: Iterable[str] = ()) -> str:
    """The lab with the form of this run: who, how much, which failures, in which mode, without which guards."""
    fields = [("account", run.account), ("amount", str(run.amount)), ("note", run.note), ("mode", run.mode)]
    fields += [*faults_of(faults), *(("without", key) for key in without)]
    return _filled(reverse("dashboard:lab", args=[run.protocol]), fields)


@register.simple_tag
def run_as_shown(run: Any, view: str, step: int | None, shown: int) -> str:
    """A run's page in this view; at this step, if one is shown."""
    page = reverse("dashboard:run", args=[run.pk])
    asked = [("view", view), ("step", "" if step is None else str(shown))]
    return _filled(page, asked) if view or step is not None else page


@register.simple_tag
def race_as(fields: Sequence[tuple[str, str]]) -> str:
    """The form of a race with these fields."""
    return _filled(reverse("dashboard:race"), fields)


def _filled(page: str, fields: Iterable[tuple[str, str]]) -> str:
    return f"{page}?{urlencode([(name, value) for name, value in fields if value])}"
