"""The menu lists what exists, and knows where one is."""

import pytest
from django.urls import reverse
from django.utils import translation

from distviz.dashboard import navigation, urls
from protocols.registry import PROTOCOLS

# The logo leads to the front page, /runs/ and /race/ to imports and comparisons; the rest are parts of pages.
REACHED_OTHERWISE = {
    "home", "home_six", "break", "import", "login", "logout", "compare", "compare_frame", "bench_frame", "choose_prove",
    "prove", "attention_badge", "attention_retry",
}  # fmt: skip


def test_every_page_that_exists_is_listed_with_its_address() -> None:
    listed = {page.name: page.url for group in navigation.groups("") for page in group.pages}
    pages = {entry.name for entry in urls.urlpatterns if not entry.pattern.converters} - REACHED_OTHERWISE
    assert listed == {name: reverse(f"dashboard:{name}") for name in pages}


def test_a_run_belongs_to_the_runs() -> None:
    current = [page.name for group in navigation.groups("run") for page in group.pages if page.current]
    assert current == ["runs"]


def test_the_desks_stand_in_their_declared_order_before_the_pages_that_belong_to_no_protocol() -> None:
    *desks, notifications, attention = [page.name for page in navigation.groups("")[-1].pages]
    assert desks == ["outbox", "events"]
    assert (notifications, attention) == ("notifications", "attention")


def test_the_desks_are_in_one_group_that_says_where_one_is() -> None:
    operate = navigation.groups("outbox")[-1]
    assert operate.title
    assert operate.here
    assert operate.here.name == "outbox"
    assert operate.counts
    assert not any(group.here for group in navigation.groups("home"))


def test_what_a_newcomer_comes_for_stands_open() -> None:
    shown = [page.name for group in navigation.groups("") if not group.title for page in group.pages]
    assert shown == ["learn", "choose", "promises", "race", "runs"]


@pytest.mark.parametrize("language", ["en", "uk"])
def test_no_two_links_of_the_header_have_the_same_name(language: str) -> None:
    with translation.override(language):
        names = [str(page.title) for group in navigation.groups("") for page in group.pages]
        names += [str(protocol.short) for protocol in PROTOCOLS.values()]
    assert sorted(names) == sorted(set(names))
