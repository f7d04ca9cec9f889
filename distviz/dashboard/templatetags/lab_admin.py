"""What the lab adds to pages of the admin."""

from collections.abc import Iterable

from django import template

from distviz.trace.models import OperatorAction

register = template.Library()


@register.simple_tag
def operators_acts(shown: int) -> Iterable[OperatorAction]:
    """The last ones."""
    return OperatorAction.objects.order_by("-at")[:shown]
