"""The menu lists what exists, and knows where one is."""

from django.urls import reverse

from distviz.dashboard import navigation, urls

# The logo leads to the front page, /runs/ and /race/ to imports and comparisons; the rest are parts of pages.
REACHED_OTHERWISE = {
    "home", "home_six", "break", "import", "compare", "compare_frame", "bench_frame", "choose_prove", "prove",
    "attention_badge", "attention_retry",
}  # fmt: skip


def test_every_page_that_exists_is_listed_with_its_address() -> None:
    listed = {page.name: page.url for group in navigation.groups("") for page in group}
    pages = {entry.name for entry in urls.urlpatterns if not entry.pattern.converters} - REACHED_OTHERWISE
    assert listed == {name: reverse(f"dashboard:{name}") for name in pages}


def test_a_run_belongs_to_the_runs() -> None:
    current = [page.name for group in navigation.groups("run") for page in group if page.current]
    assert current == ["runs"]


def test_a_page_without_an_address_is_not_shown(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(navigation, "GROUPS", ((("nowhere", "Nowhere", ()),), (("runs", "Runs", ()),)))
    assert [[page.name for page in group] for group in navigation.groups("")] == [["runs"]]
