"""A copy of a protocol shares no name with it that two may not share. That it runs is seen in tests/live."""

import ast
from pathlib import Path

import pytest

from distviz.stack import layout
from distviz.stack.copying import folder, names, source

PROTOCOLS = sorted(path.parent for path in (layout.CHECKOUT / "protocols").glob("*/protocol.py"))


@pytest.mark.parametrize("origin", PROTOCOLS, ids=lambda path: path.name)
def test_nothing_is_called_as_in_the_original(origin: Path, tmp_path: Path) -> None:
    made = tmp_path / "mine"
    folder.write(origin, made)
    before, after = names.read(origin, "other"), names.read(made, "other")
    for own in ("tables", "objects", "indexes", "codes"):
        assert len(getattr(before, own)) == len(getattr(after, own)), own
        assert not getattr(before, own) & getattr(after, own), own
    for path in made.glob("**/*.py"):
        assert f"protocols.{origin.name}" not in path.read_text(), path
        ast.parse(path.read_text())
    assert not list(made.glob("**/lessons*"))
    assert {"test_shape.py"} <= {path.name for path in (made / "tests").iterdir()}


def sample(old: str = "saga", **given: frozenset[str]) -> names.Names:
    sets = dict.fromkeys(("tables", "objects", "indexes", "codes", "pages"), frozenset[str]())
    return names.Names(old, "mine", **{**sets, **given})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('X = "SELECT 1 FROM saga_log s"', 'X = "SELECT 1 FROM mine_log s"'),
        ('X = "SELECT a AS saga_log, %(saga_log)s"', 'X = "SELECT a AS saga_log, %(saga_log)s"'),
        ('X = f"SELECT {saga_log} FROM saga_log"', 'X = f"SELECT {saga_log} FROM mine_log"'),
        ('x = quiet.of("saga", 1)', 'x = quiet.of("mine", 1)'),
        ('title = _("saga")', 'title = _("saga")'),
        ("from protocols.saga import saga_log\n", "from protocols.mine import saga_log\n"),
        ('succeeded("saga_completed")', 'succeeded("mine_completed")'),
    ],
)
def test_texts_are_renamed_where_they_are_names(before: str, after: str) -> None:
    known = sample(tables=frozenset({"saga_log"}), codes=frozenset({"saga_completed"}))
    assert source.renamed(before, known) == after


def test_a_database_keeps_its_name() -> None:
    text = 'MONOLITH = Place("monolith", alias="monolith")\nat_step("monolith", "withdraw")\n'
    made = source.renamed(text, sample("monolith"))
    assert made == 'MONOLITH = Place("monolith", alias="monolith")\nat_step("mine", "withdraw")\n'


def test_an_index_has_a_name_that_django_takes() -> None:
    known = sample(indexes=frozenset({"a_very_long_name_of_an_index"}))
    assert len(known.of_index("a_very_long_name_of_an_index")) == names.INDEX_MOST
