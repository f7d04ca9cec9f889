"""A try that ended badly, as the page shows it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from distviz.dashboard.explore import words
from distviz.dashboard.templatetags.setups import faults_of
from distviz.explore import telling
from distviz.explore.models import Exploration, Try
from distviz.explore.running import AMOUNT


@dataclass(frozen=True)
class Example:
    """A counterexample: the failures, what is wrong, and how to see it again."""

    tried: Try
    says: str
    ends: str
    command: str
    run: str
    lab: str


def of(exploration: Exploration, one: Try) -> Example:
    asked = [("amount", str(AMOUNT)), *faults_of(failure.spec for failure in one.what)]
    asked += [("without", key) for key in exploration.without]
    return Example(
        tried=one,
        says=words.tried(one),
        ends=words.end(one.end),
        command=telling.again(exploration, one),
        run=reverse("dashboard:run", args=[one.run_id]),
        lab=f"{reverse('dashboard:lab', args=[exploration.protocol])}?{urlencode(asked)}",
    )
