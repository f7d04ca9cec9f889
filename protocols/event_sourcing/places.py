"""Here the Account Service keeps events instead of balances; beside it a projector keeps what is read."""

from distviz.services.places import Place

EVENTS = Place("account", alias="events", queue="account", lane="account")
PROJECTOR = Place("projector", alias="events", queue="coordinator", lane="read_model")
