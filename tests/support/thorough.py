"""What is tried each time and what by `make thorough` alone, of many alike."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def but(kept: Collection[str], every: Iterable[str]) -> list[Any]:
    """Values of a parameter: those that are `kept` are tried each time."""
    return [one if one in kept else pytest.param(one, marks=pytest.mark.thorough) for one in every]
