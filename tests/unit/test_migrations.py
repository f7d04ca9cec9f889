"""The migrations lead to the models, in one line for each app."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_no_two_of_an_app_come_after_the_same_one() -> None:
    assert MigrationLoader(None).detect_conflicts() == {}


def test_none_is_missing() -> None:
    known = MigrationLoader(None)
    changes = MigrationAutodetector(known.project_state(), ProjectState.from_apps(apps)).changes(known.graph)
    assert changes == {}
