"""The menu lists what exists, and knows where one is."""

from distviz.dashboard import navigation


def test_every_page_that_exists_is_listed_with_its_address() -> None:
    urls = {page.name: page.url for group in navigation.groups("") for page in group}
    assert urls["runs"] == "/runs/"
    assert urls["race"] == "/race/"


def test_a_run_belongs_to_the_runs() -> None:
    current = [page.name for group in navigation.groups("run") for page in group if page.current]
    assert current == ["runs"]


def test_a_page_without_an_address_is_not_shown(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(navigation, "GROUPS", ((("nowhere", "Nowhere", ()),), (("runs", "Runs", ()),)))
    assert [[page.name for page in group] for group in navigation.groups("")] == [["runs"]]
