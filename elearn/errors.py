"""The one family of errors. Every door maps it once: page, problem+json, socket ack, exit code, job result."""

from typing import Any, ClassVar

from elearn.languages import lazy


class DomainError(Exception):
    """Say in one sentence what is wrong and what to do; carries a code for programs and an HTTP status."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = lazy("That did not work")

    def __init__(self, code: str, message: str, **data: Any) -> None:
        super().__init__(str(message))
        self.code = code
        self.message = str(message)
        self.data = data

    @property
    def fields(self) -> dict[str, list[str]]:
        """Return the sentences by input field, where the error belongs to fields."""
        if "errors" in self.data:
            errors: dict[str, list[str]] = self.data["errors"]
            return errors
        if "field" in self.data:
            return {self.data["field"]: [self.message]}
        return {}


class Unauthenticated(DomainError):  # noqa: N818 - the family is named by what happened
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    title = lazy("Sign in first")

    def __init__(self, message: str = lazy("Sign in first."), code: str = "unauthenticated", **data: Any) -> None:
        super().__init__(code, message, **data)


class Forbidden(DomainError):  # noqa: N818
    """The person may see the thing but not do this with it."""

    status = 403
    title = lazy("Not allowed")

    def __init__(
        self, message: str = lazy("You are not allowed to do this."), code: str = "forbidden", **data: Any
    ) -> None:
        super().__init__(code, message, **data)


class NotFound(DomainError):  # noqa: N818
    """The thing does not exist, or this person may not know that it does."""

    status = 404
    title = lazy("Not found")

    def __init__(self, message: str = lazy("There is nothing here."), code: str = "not_found", **data: Any) -> None:
        super().__init__(code, message, **data)


class Hidden(NotFound):
    """The thing exists and this person may not know that: the same answer as `NotFound`, but an attempt in the log."""


class Conflict(DomainError):  # noqa: N818
    """The thing is not in the state that this needs, or somebody was faster."""

    status = 409
    title = lazy("Conflict")


class Invalid(DomainError):  # noqa: N818
    """The input does not fit."""

    status = 422
    title = lazy("Something to put right")


class RateLimited(DomainError):  # noqa: N818
    """Too much in too short a time; `retry_after` is in seconds."""

    status = 429
    title = lazy("Too many tries")

    def __init__(self, message: str = lazy("That was too much at once. Wait a moment."), retry_after: int = 60) -> None:
        super().__init__("rate_limited", message, retry_after=retry_after)


class Unavailable(DomainError):  # noqa: N818
    """Something outside is away for now; `retry_after` is in seconds."""

    status = 503
    title = lazy("Not available now")

    def __init__(
        self, message: str = lazy("This is not available now. Try again in a moment."), retry_after: int = 5
    ) -> None:
        super().__init__("unavailable", message, retry_after=retry_after)
