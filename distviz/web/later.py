"""What is refused for now says when to come again."""

from typing import TypeVar

from django.http import HttpResponseBase

from distviz.errors import TooMany

Answer = TypeVar("Answer", bound=HttpResponseBase)


def say_when(answer: Answer, error: Exception | None) -> Answer:
    """`answer` with Retry-After, if `error` is why it is a 429."""
    if isinstance(error, TooMany):
        answer["Retry-After"] = str(error.retry_after)
    return answer
