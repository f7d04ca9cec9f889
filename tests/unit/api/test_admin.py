"""The admin: everything is listed, nothing of what happened can be changed, and no page counts a big table."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from distviz.dashboard.templatetags.distviz import said
from distviz.runs.admin import people, rows
from distviz.runs.admin.base import COUNTED, ShortPaginator, link_to_run, related_rows, shown_json
from distviz.runs.admin.names import by
from distviz.story.words import states
from distviz.trace.models import DeadLetter, Fault, OperatorAction, Run
from protocols.registry import PROTOCOLS

ROOT = Path(__file__).resolve().parents[3]
# Ukrainian: in Cyrillic, or a word that Ukrainian texts take as it is.
UKRAINIAN = re.compile("[а-яіїєґ]|^(relay )?(in|out)box$", re.IGNORECASE)

OURS = {model._meta.label: its for model, its in admin.site._registry.items() if model._meta.app_label != "auth"}


def test_every_table_is_listed():
    assert set(OURS) >= {
        "trace.Run", "trace.Event", "trace.Fault", "trace.Parked", "trace.DeadLetter",
        "account.Account", "account.LedgerEntry", "account.Inbox", "payment.Payment", "payment.Inbox",
        "saga.SagaLog", "monolith.Account", "monolith.Transaction",
    }  # fmt: skip


@pytest.mark.parametrize("label", sorted(OURS))
def test_nothing_can_be_changed(label):
    request = RequestFactory().get("/admin/")
    its = OURS[label]
    assert not its.has_add_permission(request)
    assert not its.has_change_permission(request)
    assert not its.has_delete_permission(request)
    assert its.show_full_result_count is False
    assert its.paginator is ShortPaginator


@pytest.mark.parametrize("label", sorted(OURS))
def test_rows_lead_to_their_run(label):
    its = OURS[label]
    if its.run_field:
        assert its.model._meta.get_field(its.run_field)
        assert {"page"} <= set(its.list_display)
        assert any(field.removeprefix("=") in (its.run_field, "run__id") for field in its.search_fields)


@pytest.mark.parametrize("label", sorted(OURS))
def test_its_page_can_be_made(label):
    """With all of its fields and inlines: what cannot be edited has to be said to be read-only."""
    request = RequestFactory().get("/admin/")
    request.user = SimpleNamespace(has_perm=lambda name: True, has_module_perms=lambda name: True)
    its, obj = OURS[label], OURS[label].model()
    assert its.get_form(request, obj, change=True)
    assert list(its.get_formsets_with_inlines(request, obj)) is not None
    assert its.show_facets is admin.ShowFacets.NEVER


def test_a_run_leads_to_its_rows():
    html = related_rows(admin.site, "00000000-0000-0000-0000-000000000007")
    for table in ("account/ledgerentry", "payment/payment", "saga/sagalog", "monolith/transaction", "trace/event"):
        assert f"/admin/{table}/?q=00000000-0000-0000-0000-000000000007" in html


def test_counting_stops():
    class Rows(list):
        pass

    assert ShortPaginator(Rows(range(10)), 5).count == 10
    assert COUNTED <= 10_000


def test_filters_know_their_values_and_ask_no_table():
    filter_class = by("kind", lambda: ("step", "message"), "kind")
    assert filter_class.parameter_name == "kind"
    assert filter_class({}, {}, None, None).lookup_choices == [("step", "step"), ("message", "message")]


def test_text_from_outside_is_shown_as_text():
    assert "<script>" not in shown_json({"note": "<script>alert(1)</script>"})
    assert link_to_run(None) == "-"


def test_sentences_are_in_the_language_of_the_page():
    why = {"code": "retries_used_up", "params": {"why": {"code": "insufficient_funds", "params": {}}}}
    column = rows.DeadLetterAdmin.readonly_fields[0]
    with translation.override("uk"):
        assert "insufficient" not in column(DeadLetter(error="max retries exceeded; insufficient funds", why=why))
        assert column(DeadLetter(error="not JSON")) == "not JSON"


def test_a_missing_reason_is_shown_as_nothing():
    assert said(None) == ""
    assert said(OperatorAction(target="", outcome="done").target_reason) == ""


def test_notifications_have_a_page_for_staff_only():
    answer = Client().get(reverse("admin:notifications"))
    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]


def in_ukrainian(text):
    with translation.override("uk"):
        return str(text)


@pytest.mark.parametrize("label", sorted(OURS))
def test_tables_and_columns_are_named_in_ukrainian(label):
    its = OURS[label]
    fields = its.model._meta.get_fields()
    texts = [its.model._meta.app_config.verbose_name, *its.names]
    texts += [field.verbose_name for field in fields if hasattr(field, "verbose_name")]
    texts += [field.help_text for field in fields if getattr(field, "help_text", "")]
    columns = its.get_list_display(RequestFactory().get("/admin/"))
    texts += [column.short_description for column in columns if callable(column)]
    assert [str(text) for text in texts if not UKRAINIAN.search(in_ukrainian(text))] == []


@pytest.mark.parametrize("codes", ["STATES", "KINDS", "VERBS"])
def test_codes_are_told_in_ukrainian(codes):
    table = getattr(states, codes)
    assert [key for key, word in table.items() if not UKRAINIAN.search(in_ukrainian(word))] == [
        key for key in table if key in ("COMMIT", "ABORT")
    ]


def test_every_verb_that_is_recorded_has_a_word():
    """Those of the platform as its code writes them, and the actions of the desks."""
    written = {
        call.args[1].value
        for path in (ROOT / "distviz").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "recording"
        if isinstance(call.args[1], ast.Constant)
    }
    desks = {action for protocol in PROTOCOLS.values() if protocol.desk for action in protocol.desk.actions}
    assert len(written) > 2
    assert written | desks <= states.VERBS.keys()


def test_a_code_is_shown_in_words_in_its_column_filter_and_form():
    its, request = OURS["trace.Fault"], RequestFactory().get("/admin/")
    request.user = SimpleNamespace(has_perm=lambda name: True)
    with translation.override("uk"):
        (column,) = [one for one in its.get_list_display(request) if getattr(one, "admin_order_field", "") == "do"]
        assert column(Fault(do="crash")) == "убити процес"
        assert column in its.get_fieldsets(request)[0][1]["fields"]
        (chosen,) = [one for one in OURS["saga.SagaLog"].get_list_filter(request) if not isinstance(one, str)]
        assert ("compensated", "компенсовано") in chosen({}, {}, None, None).lookup_choices


@pytest.mark.parametrize(
    "codename", ["operate", "view_operatoraction", "change_operatoraction", "delete_operatoraction"]
)
@pytest.mark.parametrize(("model", "field"), [(Group, "permissions"), (User, "user_permissions")])
def test_permissions_are_named_in_the_language_of_the_page(model, field, codename):
    kind = ContentType(app_label="trace", model="operatoraction")
    permission = Permission(codename=codename, name="Can do it", content_type=kind)
    its, request = admin.site._registry[model], RequestFactory().get("/admin/")
    request.user = SimpleNamespace(has_perm=lambda name: True)
    shown = its.formfield_for_dbfield(model._meta.get_field(field), request)
    with translation.override("uk"):
        label = shown.label_from_instance(permission)
    assert [part for part in label.split(" | ") if not UKRAINIAN.search(part)] == []
    assert shown.label_from_instance(Permission(codename="other", name="As it is", content_type=kind)).endswith(
        "As it is"
    )


def test_every_permission_of_the_lab_has_its_name():
    """What is shown is what the table of permissions says."""
    own = dict(OperatorAction._meta.permissions)
    assert people.NAMES.items() >= own.items()


@pytest.mark.parametrize("language", ["en", "uk"])
def test_no_two_tables_of_an_application_have_the_same_name(language):
    with translation.override(language):
        names = [(its.model._meta.app_label, str(its.names[1])) for its in OURS.values()]
    assert sorted(names) == sorted(set(names))


def test_the_run_log_is_listed_first_and_people_last():
    request = RequestFactory().get("/admin/")
    request.user = SimpleNamespace(has_perm=lambda name: True, has_module_perms=lambda name: True)
    labels = [app["app_label"] for app in admin.site.get_app_list(request)]
    assert labels[0] == "trace"
    assert labels[-1] == "auth"
    assert "notification" in labels


def test_a_run_is_told_in_the_words_of_the_pages():
    its, request = OURS["trace.Run"], RequestFactory().get("/admin/")
    columns = {getattr(one, "admin_order_field", one): one for one in its.get_list_display(request)}
    assert columns["protocol"](Run(protocol="two_phase")) == "Two-phase commit"
    assert "Money lost" in its.ends(SimpleNamespace(status="inconsistent", verdict_now="money_lost"))
    assert "Consistent" not in its.ends(SimpleNamespace(status="succeeded", verdict_now="consistent"))
    assert its.ends(SimpleNamespace(status="in_doubt", verdict_now="in_doubt")).count("In doubt") == 1
