"""The one database in which a bank without services has everything."""

from distviz.services.places import Place

MONOLITH = Place("monolith", alias="monolith", queue="coordinator", lane="account")
