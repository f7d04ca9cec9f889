"""The description of the API as a page to read and to try its calls on: in the lab's own frame, from the same document
that programs read. Calls are sent by static/js/api/trying.js; a GET without a part in its path needs no script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

Schema = Mapping[str, Any]
_BOUNDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "pattern": "{}",
}
_SAMPLES = {"string": "…", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True)
class Field:
    """One field of a body, or one parameter. `ref` is the schema that it is, or is made of."""

    name: str
    kind: str
    ref: str = ""
    where: str = ""
    required: bool = False
    says: str = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    value: str = ""

    @property
    def counts(self) -> bool:
        return self.least is not None or self.most is not None


@dataclass(frozen=True)
class Answer:
    """What one status says."""

    status: str
    says: str
    kind: str
    ref: str


@dataclass(frozen=True)
class Operation:
    """One call."""

    method: str
    path: str
    title: str
    says: str
    fields: list[Field]
    body: str
    body_required: bool
    answers: list[Answer]
    refusals: list[Answer]
    curl: str
    sample: str = ""  # a body with the fields that have to be there

    @property
    def needs_script(self) -> bool:
        """A browser alone can send a form to an address that is the same whatever is filled in."""
        return self.method != "GET" or any(one.where == "path" for one in self.fields)

    @property
    def id(self) -> str:
        return f"{self.method}-{self.path.strip('/').translate(_PLAIN)}"


_PLAIN = str.maketrans("/{}_", "----")


@dataclass
class Chapter:
    """The calls about one thing."""

    name: str
    operations: list[Operation] = field(default_factory=list)


class Reading(DocsBase):
    """A renderer of ninja's, as Swagger and Redoc are."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        document = api.get_openapi_schema(path_params=kwargs or None)
        host = f"{request.scheme}://{request.get_host()}"
        context = {
            "title": document["info"]["title"],
            "version": document["info"]["version"],
            "says": document["info"].get("description", ""),
            "document": self.get_openapi_url(api, kwargs),
            "chapters": list(chapters(document, host)),
            "schemas": {name: fields(schema) for name, schema in sorted(document["components"]["schemas"].items())},
        }
        return render(request, "api/docs.html", context)


def chapters(document: Schema, host: str = "") -> Iterator[Chapter]:
    """The calls by their tags, in the order in which they are described."""
    found: dict[str, Chapter] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            name = next(iter(told.get("tags") or ["other"]))
            found.setdefault(name, Chapter(name)).operations.append(_operation(document, host, path, method, told))
    yield from found.values()


def _operation(document: Schema, host: str, path: str, method: str, told: Schema) -> Operation:
    parameters = [_parameter(one) for one in told.get("parameters", [])]
    body = told.get("requestBody") or {}
    schema = _of_content(body)
    answers = [_answer(status, one) for status, one in told["responses"].items()]
    return Operation(
        method=method.upper(),
        path=path,
        title=told.get("summary", ""),
        says=told.get("description", ""),
        fields=parameters,
        body=_name(schema),
        body_required=bool(body.get("required")),
        answers=[one for one in answers if one.status.startswith("2")],
        refusals=[one for one in answers if not one.status.startswith("2")],
        curl=_curl(document, host, path, method, schema),
        sample=json.dumps(sample(document, schema), indent=2) if schema else "",
    )


def _parameter(told: Schema) -> Field:
    schema = told.get("schema") or {}
    bounds: Schema = next((one for one in (schema, *schema.get("anyOf", ())) if one.get("type") == "integer"), {})
    choices = ("false", "true") if schema.get("type") == "boolean" else schema.get("enum", ())
    default = schema.get("default")
    return Field(
        name=told["name"],
        kind=kind(schema),
        ref=_name(schema),
        where=told["in"],
        required=bool(told.get("required")),
        says=told.get("description") or schema.get("description", ""),
        choices=tuple(map(str, choices)),
        least=bounds.get("minimum"),
        most=bounds.get("maximum"),
        value="" if default is None or isinstance(default, bool) else str(default),
    )


def _answer(status: int | str, told: Schema) -> Answer:
    schema = _of_content(told)
    return Answer(str(status), told.get("description", ""), kind(schema), _name(schema))


def fields(schema: Schema) -> list[Field]:
    """What an object is made of."""
    required = schema.get("required", ())
    return [
        Field(name, kind(one), _name(one), required=name in required, says=one.get("description", ""))
        for name, one in (schema.get("properties") or {}).items()
    ]


def kind(schema: Schema) -> str:
    """Such as "integer, ≥ 0", "run | step" or "list of Event"."""
    if name := _own_name(schema):
        return name
    if "enum" in schema:
        return " | ".join(json.dumps(value) if value == "" else str(value) for value in schema["enum"])
    if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(kind(one) for one in several))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items') or {})}"
    if schema.get("properties"):
        return f"{{ {', '.join(schema['properties'])} }}"
    bounds = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    return ", ".join([schema.get("format") or schema.get("type") or "anything", *bounds])


def _own_name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else ""


def _name(schema: Schema) -> str:
    """The named schema that this is, or is made of."""
    parts = [*(schema.get("anyOf") or []), *(schema.get("oneOf") or []), *(schema.get("allOf") or [])]
    parts += [schema["items"]] if isinstance(schema.get("items"), Mapping) else []
    return _own_name(schema) or next(filter(None, map(_name, parts)), "")


def _of_content(told: Schema) -> Schema:
    found: Schema = (told.get("content") or {}).get("application/json", {}).get("schema") or {}
    return found


def _curl(document: Schema, host: str, path: str, method: str, schema: Schema) -> str:
    """The call from a terminal."""
    verb = "" if method == "get" else f"-X {method.upper()} "
    line = f"curl {verb}'{host}{path}'"
    if not schema:
        return line
    return f"{line} \\\n  -H 'Content-Type: application/json' \\\n  -d '{json.dumps(sample(document, schema))}'"


def sample(document: Schema, schema: Schema) -> Any:
    """A body with the fields that have to be there."""
    if name := _own_name(schema):
        return sample(document, document["components"]["schemas"][name])
    for known in ("example", "default", "const"):
        if schema.get(known) is not None:
            return schema[known]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object":
        held = schema.get("properties") or {}
        return {name: sample(document, held[name]) for name in schema.get("required", ()) if name in held}
    if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return sample(document, several[0])
    return _SAMPLES.get(str(schema.get("type")), "…")
