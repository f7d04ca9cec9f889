"""The tables beside the picture: one that has no room for its columns says them line by line."""

from distviz.dashboard.run.panels import Field, Table


def table(*columns: str, row: tuple[str, ...]) -> Table:
    return Table("Prepared, with locks", list(columns), [[Field(text) for text in row]])


def test_columns_that_do_not_fit_are_said_line_by_line() -> None:
    row = ("c1990de6", "payment", "347.9 s", "payments, two_phase_marker", "52a163ee")
    assert table("run", "participant", "age", "locks", "who waits", row=row).stacked
    row = ("c1990de6", "100.00", "deduct, charge", "21:52:38")  # as wide as the rail, and wider than a phone
    assert table("run", "amount", "steps done", "ended at", row=row).stacked


def test_columns_that_fit_are_a_table() -> None:
    assert not table("run", "amount", "status", row=("c1990de6", "100.00", "completed")).stacked
    assert not Table("Empty").stacked
