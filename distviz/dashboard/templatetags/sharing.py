"""What a run can be taken away as, for the share menu."""

from collections.abc import Iterable

from django import template

from distviz.dashboard.export.files import FORMATS, Format

register = template.Library()


@register.simple_tag
def export_formats() -> Iterable[Format]:
    return FORMATS.values()
