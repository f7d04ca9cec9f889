from django.apps import AppConfig


class EventSourcingConfig(AppConfig):
    name = "protocols.event_sourcing"
    verbose_name = "Event store"
    database = "events"
