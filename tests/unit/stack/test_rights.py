"""The list of rights: every table of a service is on it, and the documents show it as it is."""

import pytest
from django.apps import apps
from django.db import router

from distviz.stack import logins, rights
from protocols.registry import PROTOCOLS
from tests.support import rights_table

PAGES = {"imported_runs", "bench_results"}


def test_every_table_of_the_services_is_on_the_list() -> None:
    tables = {(router.db_for_write(model), model._meta.db_table) for model in apps.get_models()}
    mine = {(alias, table) for alias, table in tables if not table.startswith(("auth_", "django_"))}
    money = {key for key in mine if key[0] != "default"}
    assert money <= rights.RIGHTS.keys()
    assert rights.RIGHTS.keys() - {("default", "django_migrations")} <= mine


def test_the_documents_show_the_list() -> None:
    """The tables of a protocol that is being added may be missing: it needs nothing outside of its folder."""
    shown = rights_table.DOC.read_text()
    tables = {key: {f"`{alias}.{table}`" for alias, table in tables_of(key)} for key in PROTOCOLS}
    added = {table for own in tables.values() if not any(table in shown for table in own) for table in own}
    expected = [line for line in rights_table.lines() if not any(table in line for table in added)]
    assert "\n".join(expected) in shown


def tables_of(protocol: str) -> set[tuple[str, str]]:
    models = apps.get_app_config(protocol).get_models()
    return {(router.db_for_write(model), model._meta.db_table) for model in models}


def test_a_table_that_nobody_lists_is_the_webs_in_the_lab_and_nobodys_elsewhere() -> None:
    assert rights.of("default", "of_a_new_page") == {logins.WEB: rights.ALL}
    assert rights.of("account", "of_a_new_protocol") == {}


def test_rights_on_a_table_are_given_once() -> None:
    with pytest.raises(ValueError, match="registered already"):
        rights.register("account", "ledger", "account", may=rights.ALL)


def test_nothing_is_granted_to_everybody() -> None:
    made = rights.statements("account", ["ledger"])
    assert made[0].startswith("REVOKE ALL")
    assert not [one for one in made if one.startswith("GRANT") and "PUBLIC" in one]
    assert 'GRANT INSERT ON public."ledger" TO distviz_account' in made
