"""Numbers on the command line, read as strictly as those of the environment; argparse names the option."""

import argparse
import math
import re
from collections.abc import Callable


def whole(low: int, high: int) -> Callable[[str], int]:
    """For `add_argument(type=…)`: plain digits, within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r:.40} must be a whole number from {low} to {high}")
        return int(text)

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """float() alone also takes `nan`, `inf`, `1_000` and the digits of other scripts."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or "_" in text or not text.isascii():  # NaN fails every comparison
            raise argparse.ArgumentTypeError(f"{text!r:.40} must be a number from {low:g} to {high:g}")
        return value

    return read


def seconds(low: float = 0, high: float = 86_400) -> Callable[[str], float]:
    return number(low, high)
