"""How commands tell what went wrong."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from elearn.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")


def tells_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the error family into a sentence on standard error and exit code 1."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            sentences = [f"{field}: {text}" for field, texts in error.fields.items() for text in texts]
            raise click.ClickException("\n".join(sentences) or error.message) from error

    return wrapper
