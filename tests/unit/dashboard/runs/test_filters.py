"""The filters of the list of runs: out of a URL, and into one."""

import pytest
from django.http import QueryDict

from distviz.dashboard.runs import filters
from distviz.runs.lookup import Wanted


def read(query):
    return filters.read(QueryDict(query))


def test_everything_in_the_url_is_read():
    found = read("protocol=saga&status=failed&status=declined&verdict=consistent&account=bob&faults=1&retries=1&q=rent")
    assert found == Wanted("saga", ("failed", "declined"), "consistent", "bob", True, True, "rent")
    assert found.narrow
    assert found.any


@pytest.mark.parametrize("query", ["", "status=nonsense", "faults=", "q=%00%0A", "status=%FF", "before=x&run=y"])
def test_what_makes_no_sense_asks_for_nothing(query):
    assert read(query) == Wanted()
    assert not read(query).any


def test_a_text_is_one_line_that_a_database_can_be_asked_for():
    assert read("q=a%00b%0Ac").text == "abc"
    assert len(read("q=" + "x" * 500).text) == 80
    assert len(read("account=" + "x" * 500).account) == 40


def test_the_counts_keep_the_order_of_statuses_and_show_what_is_asked_for():
    params = QueryDict("status=failed&account=bob")
    found = filters.tallies(params, filters.read(params), {"succeeded": 3, "pending": 1})
    assert [(t.status, t.n, t.on) for t in found] == [
        ("pending", 1, False),
        ("succeeded", 3, False),
        ("failed", 0, True),
    ]


def test_a_status_is_added_and_taken_away_and_the_place_in_the_list_forgotten():
    params = QueryDict("status=failed&account=bob&before=7&run=8")
    hrefs = {t.status: t.href for t in filters.tallies(params, filters.read(params), {"declined": 1})}
    assert hrefs == {"failed": "?account=bob", "declined": "?status=failed&status=declined&account=bob"}


def test_a_saved_view_knows_when_it_is_open():
    on = [view.title for view in filters.views(QueryDict("status=retrying&status=waiting_lock&before=x"))]
    assert len(on) >= 6
    (view,) = [view for view in filters.views(QueryDict("status=retrying&status=waiting_lock&before=x")) if view.on]
    assert view.query == "?status=retrying&status=waiting_lock"
    assert not [view for view in filters.views(QueryDict("verdict=money_lost&account=bob")) if view.on]
