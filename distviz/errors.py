"""Every error that a caller may see: what happened, what it means for the money, what to do."""


class DistvizError(Exception):
    """Something was refused. `status` is the HTTP status that it becomes."""

    status = 500

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def message(self) -> str:
        return str(self.args[0])


class FieldError(DistvizError):
    """One field of a request is wrong; nothing was done."""

    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class BadRequest(FieldError):
    """The value of a field makes no sense. No run was made, no money moved."""


class Conflict(FieldError):
    """The same idempotency key came with another body. No second run was made."""


class NotFound(DistvizError):
    """There is no such thing here, or it is not yours."""

    status = 404


class NotNow(DistvizError):
    """The run is in a state in which this cannot be done. Nothing was changed; reload and look again."""

    status = 409


class Forbidden(DistvizError):
    """This is switched off here. Nothing was done."""

    status = 403


class Unavailable(DistvizError):
    """A server that this needs does not answer. Nothing was done; try again in a moment."""

    status = 503


class TooMany(DistvizError):
    """Too many requests at once. No run was made; wait `retry_after` seconds and repeat."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests. No run was made; try again in {retry_after} s.")
        self.retry_after = retry_after


class Declined(Exception):
    """A business "no", raised inside a local transaction so that it rolls back; caught where the protocol answers."""


class Transient(Exception):
    """A failure that another attempt may not meet again."""
