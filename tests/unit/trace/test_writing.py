import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from distviz.trace import writing


@pytest.mark.parametrize("name", ["_WRITE", "_FIRST", "_COMPLETE", "_WRITE_EACH"])
def test_the_driver_takes_a_statement_of_every_hop_apart_once(name: str) -> None:
    assert len(getattr(writing, name)) <= MAX_CACHED_STATEMENT_LENGTH
