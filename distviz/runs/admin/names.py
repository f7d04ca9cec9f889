"""Tables, columns and codes in words, in the language of the page. They are given to the models here and not in the
models, so that no migration depends on them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Field, Model, Q
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html

from distviz.story.shapes import LANES
from distviz.story.words import columns, points, states, wording
from distviz.trace import known

Word = Callable[[str], str]
titled: Any = lazy(columns.title, str)


def lane(key: str) -> str:
    return wording.lane_name(LANES, key) if key else "-"


# Columns that hold codes.
WORDS: dict[str, Word] = {
    "decision": states.state,
    "do": points.action,
    "ends_as": states.state,
    "kind": states.kind,
    "lane": lane,
    "mode": states.kind,
    "protocol": known.name,
    "service": lane,
    "state": states.state,
    "status": states.state,
    "to": lane,
    "verdict": wording.verdict,
    "vote": states.state,
    "what": states.verb,
}
TONES = {
    "succeeded": "ok", "compensated": "comp", "declined": "warn", "failed": "bad", "inconsistent": "bad",
    "needs_attention": "bad", "in_doubt": "doubt", "retrying": "warn", "waiting_lock": "warn", "compensating": "comp",
    "consistent": "ok", "temporarily_inconsistent": "warn", "money_lost": "bad", "paid_twice": "bad",
    "COMPLETED": "ok", "FAILED": "bad", "PENDING": "warn", "COMMIT": "ok", "ABORT": "bad", "YES": "ok", "NO": "warn",
    "acknowledged": "ok", "sent": "busy", "pending": "busy", "publishing": "busy", "dead": "bad", "requeued": "ok",
    "parked": "warn", "dropped": "bad", "delivered": "ok",
}  # fmt: skip


def name_columns(model: type[Model]) -> None:
    for field in model._meta.get_fields():
        if isinstance(field, Field):
            field.verbose_name = titled(field.name)


def pill(value: str, word: Word) -> str:
    """A state as a word with a shape: colour only repeats it."""
    return format_html('<span class="pill {}">{}</span>', TONES.get(value, "busy"), word(value)) if value else "-"


def shown_as_pill(field: str, title: str = "", ordering: str = "", word: Word | None = None) -> Any:
    """A column with a state."""
    said = word or WORDS[title or field]

    @admin.display(description=titled(title or field), ordering=ordering or field)
    def column(row: Model) -> str:
        return pill(str(getattr(row, field)), said)

    return column


def in_words(field: str, word: Word) -> Any:
    """A column with a code."""

    @admin.display(description=titled(field), ordering=field)
    def column(row: Model) -> str:
        return word(str(getattr(row, field) or ""))

    return column


def by(
    field: str, values: Callable[[], Iterable[str]], name: Any, word: Word = str, *, of_desks: bool = False
) -> type[admin.SimpleListFilter]:
    """A filter over values that are known. Django's own queries a big table for all of them, on every page. With
    `of_desks` a value also stands behind the name of a desk: "outbox: stop"."""

    class Filter(admin.SimpleListFilter):
        title = name
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, word(value)) for value in values()]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            if not (value := self.value()):
                return queryset
            wanted = Q(**{field: value})
            return queryset.filter(wanted | Q(**{f"{field}__endswith": f": {value}"}) if of_desks else wanted)

    return Filter


class InWords:
    """An admin page, or rows on one, whose columns are named and whose codes are told in the language of the page."""

    words: Mapping[str, Word] = {}  # where a column's codes are others than elsewhere

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        model: type[Model] = self.model  # type: ignore[attr-defined]
        name_columns(model)
        held = {field.name for field in model._meta.get_fields()}
        self.worded = {name: in_words(name, word) for name, word in {**WORDS, **self.words}.items() if name in held}

    def _worded(self, fields: Iterable[Any]) -> list[Any]:
        """Each once: Django adds the read-only ones to those of the model."""
        found = (
            tuple(self._worded(one)) if isinstance(one, list | tuple) else self.worded.get(one, one) for one in fields
        )
        return list(dict.fromkeys(found))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._worded(super().get_list_display(request))  # type: ignore[misc]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._filter(one) for one in super().get_list_filter(request)]  # type: ignore[misc]

    def _filter(self, one: Any) -> Any:
        if one not in self.worded:
            return one
        choices = self.model._meta.get_field(one).choices  # type: ignore[attr-defined]
        word = self.words.get(one, WORDS[one])
        return by(one, lambda: [str(value) for value, _label in choices or ()], titled(one), word)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        found = super().get_fieldsets(request, obj)  # type: ignore[misc]
        return [(name, {**options, "fields": self._worded(options["fields"])}) for name, options in found]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *self.worded.values()]  # type: ignore[misc]
