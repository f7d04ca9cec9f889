"""The API describes itself, with nothing from elsewhere."""

import re
from typing import Any

from django.test import Client

from distviz.api import reading


def test_openapi_lists_every_call():
    paths = Client().get("/api/openapi.json").json()["paths"]
    assert set(paths) >= {
        "/api/runs",
        "/api/runs/{run_id}",
        "/api/runs/{run_id}/events",
        "/api/runs/{run_id}/release",
        "/api/runs/{run_id}/retry",
        "/api/runs/{run_id}/resolve",
        "/api/runs/{run_id}/messages/{mid}/deliver",
        "/api/runs/{run_id}/messages/{mid}/drop",
        "/api/runs/{run_id}/messages/{mid}/duplicate",
        "/api/runs/{run_id}/fork",
        "/api/protocols",
        "/api/accounts",
        "/api/accounts/{protocol}/{name}",
        "/api/books",
        "/api/outbox",
        "/api/inbox",
        "/api/dead-letters",
        "/api/in-doubt",
        "/api/aggregates/{aggregate}/events",
    }
    assert "Idempotency-Key" in str(paths["/api/runs"]["post"]["parameters"])


def test_docs_load_nothing_from_elsewhere():
    answer = Client().get("/api/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_other_answers_keep_the_strict_policy():
    assert "unsafe" not in Client().get("/api/protocols").headers["Content-Security-Policy"]


def test_the_catalogue_names_points_and_actions():
    found = Client().get("/api/protocols").json()
    saga = next(one for one in found if one["key"] == "saga")
    assert {"title", "promises", "lanes", "steps", "points"} <= set(saga)
    points = {point["at"]: point["do"] for step in saga["steps"] for point in step["points"]}
    assert "crash" in points["payment.after_commit"]
    assert "drop" in points["message.MoneyDeducted"]


def test_what_is_not_there_is_404():
    assert Client().get("/api/odd/").json()["detail"]
    assert Client().post("/api/runs/", {}, content_type="application/json").status_code == 404
    assert Client().get("/api/docs").status_code == 200
    assert Client().delete("/api/runs").status_code == 405
    assert Client().get("/api/accounts/odd/alice").status_code == 404
    assert Client().get("/api/aggregates/odd/events").status_code == 404
    assert Client().get("/api/books?protocol=odd").status_code == 422


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = Client().get("/api/openapi.json").json()["paths"]
    return [(path, method, one) for path, methods in paths.items() for method, one in methods.items()]


def test_each_operation_says_what_it_answers():
    for path, method, one in operations():
        answers = one["responses"]
        well = [status for status in answers if status.startswith("2")]
        assert len(well) == 1, path
        assert answers[well[0]]["content"]["application/json"]["schema"], f"{method} {path}"
        wanted = {"400", "404", "415", "422", "429", "503"} | ({"409", "413"} if method == "post" else set())
        assert wanted <= set(answers), f"{method} {path}"
        assert "Refusal" in str(answers["422"])


def test_what_is_counted_has_bounds_and_what_is_chosen_its_choices():
    for path, method, one in operations():
        for parameter in one.get("parameters", []):
            schema, named = parameter["schema"], f"{method} {path} {parameter['name']}"
            if schema.get("type") == "integer":
                assert {"minimum", "maximum"} <= set(schema), named
            if parameter["name"] in ("protocol", "status"):
                assert schema["enum"], named
            if parameter["name"] in ("run_id", "mid"):
                assert schema["format"] == "uuid", named


def test_the_body_of_an_import_is_described():
    found = Client().get("/api/openapi.json").json()
    assert found["paths"]["/api/imports"]["post"]["requestBody"]["required"]
    assert {"run", "events"} <= set(found["components"]["schemas"]["RunFile"]["properties"])


def test_a_refusal_is_as_described():
    required = Client().get("/api/openapi.json").json()["components"]["schemas"]["Refusal"]["required"]
    for answer in (
        Client().get("/api/odd"),
        Client().get("/api/books?protocol=odd"),
        Client().post("/api/runs", b"[", content_type="application/json"),
        Client().post("/api/runs", b"x", content_type="text/plain"),
    ):
        assert set(required) <= set(answer.json()), answer.content


def test_the_page_to_read_has_each_call_with_its_fields_and_each_document_once():
    page = Client().get("/api/docs").content.decode()
    document = Client().get("/api/openapi.json").json()
    calls = [one for chapter in reading.chapters(document) for one in chapter.operations]
    assert sorted((one.method.lower(), one.path) for one in calls) == sorted(
        (m, path) for path, m, _one in operations()
    )
    assert len({one.id for one in calls}) == len(calls)
    for one in calls:
        assert page.count(f'id="{one.id}"') == 1
        assert one.answers, one.path
        assert len(one.refusals) >= 9, one.path
    for name in document["components"]["schemas"]:
        assert page.count(f'id="schema-{name}"') == 1
    assert set(re.findall(r'href="#(schema-[^"]+)"', page)) <= set(re.findall(r'id="(schema-[^"]+)"', page))
    assert "Idempotency-Key" in page


def test_the_body_for_the_terminal_has_what_is_required():
    document = Client().get("/api/openapi.json").json()
    schema = document["paths"]["/api/runs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert reading.sample(document, schema) == {"protocol": "monolith", "account": "alice", "amount": "100.00"}


def test_a_kind_is_told_in_a_line():
    assert reading.kind({"type": "integer", "minimum": 0, "maximum": 9}) == "integer, ≥ 0, ≤ 9"
    assert reading.kind({"type": "array", "items": {"$ref": "#/components/schemas/Event"}}) == "list of Event"
    assert reading.kind({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}) == "uuid or null"
    assert reading.kind({}) == "anything"
