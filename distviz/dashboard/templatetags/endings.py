"""The shapes of endings, beside their words."""

from django import template

register = template.Library()

_ICONS = {"succeeded": "ok", "declined": "hand", "failed": "cross", "compensated": "undo", "inconsistent": "half"}


@register.filter
def ending_icon(status: str) -> str:
    return _ICONS.get(status, "help")
