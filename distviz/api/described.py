"""What the description at /api/openapi.json says beyond what the functions' signatures tell: what is answered."""

from collections.abc import Iterator, Mapping
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from distviz.api import documents
from distviz.imports.reading import RunFile
from protocols import registry

_REF = "#/components/schemas/"
# Why a request may be refused, whatever it asks for; and where it also changes something.
ANYTHING = {
    400: "The request cannot be read",
    401: "Whoever asks is not known",
    403: "Whoever asks may not do this, or it comes from a foreign page",
    404: "There is no such thing",
    415: "The text is not UTF-8, or the body is not JSON",
    422: "A field is wrong; the answer names it, and nothing was done",
    429: "Too many requests; Retry-After says how long to wait",
    500: "A mistake of this program",
    503: "A server that this needs does not answer; Retry-After says how long to wait",
}
# Of the calls that protocols add.
_BOUNDS: dict[tuple[str, str], dict[str, Any]] = {
    ("query", "protocol"): {"enum": ["", *registry.PROTOCOLS]},
    ("query", "upto"): {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, {"type": "null"}]},
}
CHANGES = {408: "The body did not come in time", 409: "Not in this state", 413: "The body is too large"}


class Described(NinjaAPI):
    """An API that says what it answers."""

    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**asked)
        schemas = schema["components"].setdefault("schemas", {})
        schemas |= documents.SCHEMAS
        schemas |= _of_a_file()
        for path, method, operation in _operations(schema):
            for parameter in operation.get("parameters", []):
                parameter["schema"] |= _BOUNDS.get((parameter["in"], parameter["name"]), {})
            operation["responses"] = _responses(path, method, operation["responses"])
        imports = schema["paths"]["/api/imports"]["post"]
        imports["requestBody"] = {"required": True, "content": _json({"$ref": f"{_REF}RunFile"})}
        return schema


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _responses(path: str, method: str, declared: Mapping[int, Any]) -> dict[int, Any]:
    """What is answered if all is well, and each refusal."""
    well = {status: {**one, "content": _json(documents.answer(path, method))} for status, one in declared.items()}
    refused = ANYTHING if method == "get" else {**ANYTHING, **CHANGES}
    return well | {status: _refusal(why, status) for status, why in sorted(refused.items())}


def _refusal(why: str, status: int) -> dict[str, Any]:
    later = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}} if status in (429, 503) else {}
    return {"description": why, "content": _json({"$ref": f"{_REF}Refusal"}), **({"headers": later} if later else {})}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}


def _of_a_file() -> dict[str, Any]:
    """The schemas of an exported run, as its reader has them."""
    found = RunFile.model_json_schema(ref_template=_REF + "{model}")
    inner = found.pop("$defs", {})
    return {**inner, "RunFile": found}
