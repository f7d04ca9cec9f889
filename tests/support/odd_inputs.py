"""Every address × every field × values that make no sense, asked inside one process with the real databases of a stack:
`python -m tests.support.odd_inputs RUN PARKED` prints how much was asked, and what was answered with 500 and more.

Nothing is listed by hand: addresses come from the resolver, fields are those that a view asks its form for, and those
of the API's own description. A view gets each field with each value at one address, and at its others (another
verb, another run) with one value each, in turn; the admin's pages are one view. `--all` asks for the full product,
`--few` for some values only.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import django

LONG = "x" * 3000
TEXTS = {
    "nul": "a\x00b",
    "half a surrogate pair": "\ud800",
    "huge": "9" * 30,
    "not a number": "NaN",
    "long": LONG,
    "negative": "-1",
    "the first moment": "0001-01-01T00:00:00+14:00",
    "the last moment": "9999-12-31T23:59:59.999999-14:00",
    "an id": "00000000-0000-0000-0000-000000000000",
}
PAGES = ("nul", "huge", "not a number", "long", "the last moment")  # the API's fields get all of TEXTS
JSON = {
    **{name: json.dumps(text) for name, text in TEXTS.items()},
    "NaN": "NaN",
    "too large for a float": "1e999",
    "a huge number": "9" * 400,
    "null": "null",
    "true": "true",
    "a list": "[[]]",
    "an object": '{"a": null}',
    "negative number": "-1",
}
if "--few" in sys.argv:
    PAGES = PAGES[:1]
    JSON = {name: JSON[name] for name in ("nul", "half a surrogate pair", "null")}
GOOD = {"protocol": "saga", "account": "bob", "amount": "1.00"}
VERBS = ["release", "retry", "nudge", "deliver", "drop", "start", "publish", "requeue", "redeliver", "project"]
VERBS += ["rebuild", "rewrite"]
REAL = {"protocol": ["saga"], "slug": ["stale-read"], "verb": VERBS, "ending": ["html", "csv", "json"]}
ODD_PARTS = {"int": ["0", "9" * 30], "slug": [LONG], "str": ["%00", LONG, "a"], "path": ["%00"], "uuid": []}
EVERYTHING = "--all" in sys.argv
IN_TURN = cycle(PAGES)
KNOWN: dict[str, set[tuple[str, str]]] = defaultdict(set)  # view → its (method, field) that have got every value
OF_EACH_TABLE = {"q"}  # what the admin does with a search depends on the table; its other fields are Django's own
BENCH = ("contention", "seconds", "clients", "rounds", "fault", "percent", "floor", "engine")
STARTS_A_LOAD = {"bench": BENCH}  # with a good form it would start one


@dataclass
class Asked:
    """`names` are the fields that views have asked for at this address so far."""

    count: int = 0
    names: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)


asked = Asked()


class Noting(dict):
    """What `QueryDict.dict()` gives; it notes what is asked of it."""

    def get(self, name: str, default: Any = None) -> Any:
        note(name)
        return super().get(name, default)


def note(name: Any) -> None:
    """Of the fields that are made of a fault's name there are hundreds: all but two are left out."""
    kind, colon, _rest = str(name).partition(":")
    if not colon or sum(one.startswith(f"{kind}:") for one in asked.names) < 2:
        asked.names.add(str(name)[:100])


def note_names() -> None:
    from django.http import QueryDict

    for method in ("get", "getlist", "__getitem__", "__contains__"):
        setattr(QueryDict, method, _noting(getattr(QueryDict, method)))
    plain = QueryDict.dict
    QueryDict.dict = lambda self: Noting(plain(self))  # type: ignore[method-assign]


def _noting(method: Any) -> Any:
    def noted(self: Any, name: Any, *args: Any) -> Any:
        note(name)
        return method(self, name, *args)

    return noted


def addresses(patterns: Any, before: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    """(route, its converters, name) of every view."""
    for one in patterns:
        route = before + str(getattr(one.pattern, "_route", ""))
        if hasattr(one, "url_patterns"):
            yield from addresses(one.url_patterns, route)
        elif hasattr(one.pattern, "_route"):
            yield route, one.pattern.converters, one.name or ""


def filled(route: str, converters: dict[str, Any], runs: list[str]) -> list[tuple[str, bool]]:
    """The address with what may exist in its places, then (False) with what makes no sense in each of them."""
    real = {name: REAL.get(name) or [_real(converter, runs)] for name, converter in converters.items()}
    first = {name: values[0] for name, values in real.items()}
    exists = [first, *({**first, name: value} for name, values in real.items() for value in values[1:])]
    wanted = []
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        wanted += [{**first, name: odd} for odd in ODD_PARTS.get(kind, ["%00", LONG])]
    wanted += [{**first, "run_id": run} for run in runs[1:] if "run_id" in first]
    return [(_put(route, parts), True) for parts in exists] + [(_put(route, parts), False) for parts in wanted]


def _real(converter: Any, runs: list[str]) -> str:
    kind = type(converter).__name__
    return {"UUIDConverter": runs[0], "IntConverter": "1"}.get(kind, runs[0])


def _put(route: str, parts: dict[str, str]) -> str:
    for name, value in parts.items():
        for kind in ("uuid:", "int:", "slug:", "str:", "path:", ""):
            route = route.replace(f"<{kind}{name}>", value)
    return "/" + route


def ask(client: Any, method: str, path: str, label: str, **how: Any) -> Any:
    asked.count += 1
    try:
        answer = client.generic(method, path, **how)
        status = answer.status_code
    except Exception as error:
        status, answer = f"{type(error).__name__}: {error}", None
    if not isinstance(status, int) or status >= 500:
        print(method, path[:100], label, status, file=sys.stderr, flush=True)
        asked.found.append(f"{method} {path[:120]} {label}: {status}"[:400])
    return answer


def pages(client: Any, route: str, converters: dict[str, Any], name: str, runs: list[str]) -> None:
    known = KNOWN["admin" if route.startswith("admin/") else route]
    for path, exists in filled(route, converters, runs):
        for method in ("GET", "POST"):
            asked.names, tried = set(STARTS_A_LOAD.get(name, [])), set()
            if not (method == "POST" and name in STARTS_A_LOAD):
                answer = ask(client, method, path, "as it is", **_form({}, method))
                if not exists or answer is None or answer.status_code in (404, 405):
                    continue
            while new := asked.names - tried:
                for one in sorted(new):
                    for odd in PAGES if EVERYTHING or (method, one) not in known else [next(IN_TURN)]:
                        ask(client, method, path, f"{one} {odd}", **_form({one: TEXTS[odd]}, method))
                tried |= new
                known |= {(method, one) for one in new - OF_EACH_TABLE}


def _form(fields: dict[str, str], method: str) -> dict[str, Any]:
    from urllib.parse import quote

    text = "&".join(f"{quote(name)}={quote(value, errors='surrogatepass')}" for name, value in fields.items())
    if method == "GET":
        return {"QUERY_STRING": text}
    return {"data": text, "content_type": "application/x-www-form-urlencoded"}


def calls(client: Any, described: dict[str, Any], runs: list[str]) -> None:
    for path, methods in described["paths"].items():
        here = path.replace("{run_id}", runs[0])
        for method, call in methods.items():
            for one in call.get("parameters", []):
                where, name = one["in"], one["name"]
                for odd, value in TEXTS.items():
                    label = f"{name} {odd}"
                    if where == "query":
                        ask(client, method.upper(), _known(here), label, **_form({name: value}, "GET"))
                    elif where == "path":
                        from urllib.parse import quote

                        there = _known(
                            path.replace(f"{{{name}}}", quote(value, errors="surrogatepass", safe="") or "x")
                        )
                        ask(client, method.upper(), there.replace("{run_id}", runs[0]), label)
            if method != "get":
                for label, body in bodies(call, described):
                    ask(client, method.upper(), _known(here), label, data=body, content_type="application/json")


def _known(path: str) -> str:
    for name, value in {"protocol": "saga", "name": "alice", "aggregate": "account:alice", "verb": "drop"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path if "{" not in path else path.replace("{", "").replace("}", "")


def bodies(call: dict[str, Any], described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """One field after the other, the others as they should be."""
    names = _fields(call, described) or ["anything"]
    for name in names:
        for odd, text in JSON.items():
            rest = {key: value for key, value in GOOD.items() if key in names and key != name}
            inside = ", ".join([*(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rest.items())])
            yield f"{name} {odd}", f"{{{inside}{', ' if inside else ''}{json.dumps(name)}: {text}}}"
    for odd, text in JSON.items():
        yield f"the body {odd}", text


def _fields(call: dict[str, Any], described: dict[str, Any]) -> list[str]:
    schema = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for part in [schema, *schema.get("anyOf", [])]:
        if "$ref" in part:
            return list(described["components"]["schemas"][part["$ref"].rpartition("/")[2]].get("properties", {}))
    return []


def main(runs: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
    django.setup()
    import logging

    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import get_resolver

    from distviz.api.urls import api

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["testserver"]
    note_names()
    anybody, staff = Client(raise_request_exception=False), Client(raise_request_exception=False)
    user, _new = get_user_model().objects.get_or_create(username="walks", is_staff=True, is_superuser=True)
    staff.force_login(user)
    for route, converters, name in addresses(get_resolver().url_patterns):
        if route.startswith(("api/", "static")) or "logout" in route or "password_change" in route:
            continue
        pages(staff if route.startswith("admin/") else anybody, route, converters, name, runs)
    calls(anybody, json.loads(json.dumps(api.get_openapi_schema())), runs)
    print(json.dumps({"asked": asked.count, "found": asked.found}))
    return 0


if __name__ == "__main__":
    sys.exit(main([one for one in sys.argv[1:] if one != "--all"]))
