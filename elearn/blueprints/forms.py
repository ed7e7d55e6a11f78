"""What the forms of every page share: checks of the services at the field, and errors of the services on the page."""

from collections.abc import Callable
from typing import Any

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import ValidationError

from elearn.errors import DomainError

UNPROCESSABLE = 422


class Form(FlaskForm):
    """A form that can say what a service refused."""

    def tell(self, error: DomainError) -> None:
        """Put each sentence at its field; what belongs to no field stands on top."""
        for name, sentences in error.fields.items():
            if name in self:
                self[name].errors = [*self[name].errors, *sentences]
            else:
                self.form_errors.extend(sentences)
        if not error.fields:
            self.form_errors.append(error.message)


def checked_by(check: Callable[[str], Any]) -> Callable[[FlaskForm, Field], None]:
    """Make a validator of a service's check, so that all fields are told about at once."""

    def validate(_form: FlaskForm, field: Field) -> None:
        try:
            check(field.data or "")
        except DomainError as error:
            raise ValidationError(error.message) from error

    return validate


def without_spaces(text: str | None) -> str | None:
    """Take away the spaces around what was typed, which keyboards of phones add."""
    return text.strip(" ") if text else text


def show_again(template: str, form: Form, error: DomainError | None = None, **context: Any) -> Response:
    """Show the page of a form that was refused, with all that was typed and the status that fits."""
    if error is not None:
        form.tell(error)
    page = render_template(template, form=form, **context)
    response = make_response(page, error.status if error else UNPROCESSABLE)
    if error is not None and "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response


def filled_in(form: Form, template: str, act: Callable[[], ResponseReturnValue], **context: Any) -> ResponseReturnValue:
    """Show the page of a form; once it is sent and fits, act; show it again with what is wrong or refused."""
    if not form.is_submitted():
        return render_template(template, form=form, **context)
    if not form.validate():
        return show_again(template, form, **context)
    try:
        return act()
    except DomainError as error:
        return show_again(template, form, error, **context)
