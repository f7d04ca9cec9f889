"""Every error that a caller may see: what happened, what it means for the money, what to do. Each carries a Reason."""

from typing import Any

from distviz.codes import Reason


class Coded(Exception):
    """An error that says by a code why it was raised: `Declined("insufficient_funds")`."""

    def __init__(self, code: "str | Reason | Coded", **params: Any) -> None:
        self.reason = _reason(code, params)
        super().__init__(self.reason)

    def __str__(self) -> str:
        return str(self.reason)


def _reason(code: object, params: dict[str, Any]) -> Reason:
    given = getattr(code, "reason", code)
    return given if isinstance(given, Reason) else Reason.of(str(given), **params)


class DistvizError(Coded):
    """Something was refused. `status` is the HTTP status that it becomes."""

    status = 500
    code = "failed"  # where nothing more exact is known

    def __init__(self, code: str | Reason = "", **params: Any) -> None:
        super().__init__(code or type(self).code, **params)


class FieldError(DistvizError):
    """One field of a request is wrong; nothing was done."""

    status = 422
    code = "bad_field"

    def __init__(self, field: str, code: str | Reason, **params: Any) -> None:
        super().__init__(code, **params)
        self.field = field


class BadRequest(FieldError):
    """The value of a field makes no sense. No run was made, no money moved."""


class Conflict(FieldError):
    """The same idempotency key came with another body. No second run was made."""


class NotFound(DistvizError):
    """There is no such thing here, or it is not yours."""

    status = 404
    code = "not_found"


class NotNow(DistvizError):
    """The run is in a state in which this cannot be done. Nothing was changed; reload."""

    status = 409
    code = "not_now"


class Forbidden(DistvizError):
    """This is switched off here. Nothing was done."""

    status = 403
    code = "switched_off"


class NotLoggedIn(DistvizError):
    """Only operators may do this here, and it is not known who asks. Nothing was done."""

    status = 401
    code = "log_in"


class Unavailable(DistvizError):
    """A server that this needs does not answer. Nothing was done; try again in a moment."""

    status = 503
    code = "unavailable"


class TooMany(DistvizError):
    """More than one's share. Nothing was done; wait `retry_after` seconds and repeat."""

    status = 429
    code = "too_many_requests"

    def __init__(self, retry_after: int, code: str = "", **params: Any) -> None:
        super().__init__(code, seconds=retry_after, **params)
        self.retry_after = retry_after


class Declined(Coded):
    """A business "no": the value that a service's operation returns, and the exception of who must undo what the same
    local transaction has written. The protocol answers it at one place."""


class Transient(Coded):
    """A failure that another attempt may not meet again."""
