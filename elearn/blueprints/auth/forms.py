from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import PasswordInput

from elearn.blueprints.forms import Form, checked_by, without_spaces
from elearn.errors import DomainError
from elearn.languages import _, lazy
from elearn.services import accounts, codes

LONGEST = 1000  # of anything that is compared with what is stored
SHORT = Length(max=LONGEST, message=lazy("This is too long"))


def fits(*personal: str) -> Any:
    """Make the validator of a new password, which must not be one of these other fields."""

    def validate(form: Form, field: Field) -> None:
        try:
            accounts.clean_password(field.data or "", *(form[name].data or "" for name in personal))
        except DomainError as error:
            raise ValidationError(error.message) from error

    return validate


def same_as_password(form: Form, field: Field) -> None:
    # An empty second field says nothing new while the first one has to be written again anyway.
    if field.data != form["password"].data and (field.data or not form["password"].errors):
        raise ValidationError(_("Type the same password in both fields"))


class SignInForm(Form):
    login = StringField(
        lazy("Username or email"),
        [
            InputRequired(lazy("Write your username or your email")),
            Length(max=LONGEST, message=lazy("This is too long")),
        ],
    )
    password = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Write your password")), Length(max=LONGEST, message=lazy("This is too long"))],
    )
    remember = BooleanField(lazy("Stay signed in on this device"))


class RegisterForm(Form):
    full_name = StringField(lazy("Full name"), [checked_by(accounts.clean_name)])
    username = StringField(lazy("Username"), [checked_by(accounts.clean_username)], filters=[without_spaces])
    email = EmailField(lazy("Email"), [checked_by(accounts.clean_email)])
    # What was typed is kept when another field is wrong, as in every field; the page is never stored by a cache.
    password = PasswordField(lazy("Password"), [fits("username", "email")], widget=PasswordInput(hide_value=False))
    password_again = PasswordField(lazy("Password again"), [same_as_password], widget=PasswordInput(hide_value=False))
    photo = FileField(lazy("Photo"))
    # The browser's, so that times are right from the first page on.
    time_zone = HiddenField(render_kw={"data-module": "auth/time_zone"})


class CodeForm(Form):
    code = StringField(lazy("Code"), [checked_by(codes.clean_code)])


class AddressForm(Form):
    email = EmailField(lazy("Email"), [checked_by(accounts.clean_email)])


class ResetForm(Form):
    email = EmailField(lazy("Email"), [checked_by(accounts.clean_email)])
    code = StringField(lazy("Code"), [checked_by(codes.clean_code)])
    password = PasswordField(lazy("New password"), [fits("email")], widget=PasswordInput(hide_value=False))
    password_again = PasswordField(
        lazy("New password again"), [same_as_password], widget=PasswordInput(hide_value=False)
    )
