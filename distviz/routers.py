"""Which table lives in which database. A service's tables are in its own database and nowhere else."""

from typing import Any

from django.apps import apps
from django.db.models import Model


class ServiceRouter:
    """A model (or else its app) that names a `database` lives there; everything else lives in `default`."""

    def _home(self, app_label: str, model: type[Model] | None) -> str:
        own = getattr(model, "database", None) or getattr(apps.get_app_config(app_label), "database", "default")
        return str(own)

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self._home(model._meta.app_label, model)

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return self.db_for_read(type(one)) == self.db_for_read(type(other))

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        model = None
        if model_name:
            try:
                model = apps.get_model(app_label, model_name)
            except LookupError:  # a model that a later migration removed
                model = None
        if "database" in hints:
            return bool(db == hints["database"])
        return db == self._home(app_label, model)
