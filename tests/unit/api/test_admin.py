"""The admin: everything is listed, nothing of what happened can be changed, and no page counts a big table."""

from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from distviz.dashboard.templatetags.distviz import told
from distviz.runs.admin import rows
from distviz.runs.admin.base import COUNTED, ShortPaginator, by, link_to_run, related_rows, shown_json
from distviz.trace.models import DeadLetter, OperatorAction

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
    assert told(None) == ""
    assert told(OperatorAction(target="", outcome="done").target_reason) == ""


def test_notifications_have_a_page_for_staff_only():
    answer = Client().get(reverse("admin:notifications"))
    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]
