"""What a person has just done with a run, in one sentence that everybody who watches reads."""

from django.utils.translation import gettext as _


def settled(phase: str, overtaken: str) -> str:
    """An envelope was dealt with; `overtaken` are those that were sent before it and still wait."""
    told = {
        "delivered": _("%(name)s was delivered to %(to)s by hand."),
        "duplicated": _("%(name)s was delivered to %(to)s twice by hand. The second one is a copy: is it recognised?"),
        "dropped": _("%(name)s was dropped by hand: %(to)s will not get it. Who waits for it has to notice by itself."),
    }[phase]
    return told + " " + _("It has overtaken %(overtaken)s.") if overtaken else told
