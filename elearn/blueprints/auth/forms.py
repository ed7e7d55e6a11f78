from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import PasswordInput

from elearn.blueprints.forms import Form, checked_by
from elearn.errors import DomainError
from elearn.services import accounts

LONGEST = 1000  # of anything that is compared with what is stored


class SignInForm(Form):
    login = StringField(
        "Username or email",
        [InputRequired("Write your username or your email"), Length(max=LONGEST, message="This is too long")],
    )
    password = PasswordField(
        "Password", [InputRequired("Write your password"), Length(max=LONGEST, message="This is too long")]
    )
    remember = BooleanField("Stay signed in on this device")


class RegisterForm(Form):
    full_name = StringField("Full name", [checked_by(accounts.clean_name)])
    username = StringField("Username", [checked_by(accounts.clean_username)])
    email = EmailField("Email", [checked_by(accounts.clean_email)])
    # What was typed is kept when another field is wrong, as in every field; the page is never stored by a cache.
    password = PasswordField("Password", widget=PasswordInput(hide_value=False))
    password_again = PasswordField("Password again", widget=PasswordInput(hide_value=False))
    photo = FileField("Photo")
    # The browser's, so that times are right from the first page on.
    time_zone = HiddenField(render_kw={"data-module": "auth/time_zone"})

    def validate_password(self, field: PasswordField) -> None:
        try:
            accounts.clean_password(field.data or "", self.username.data or "", self.email.data or "")
        except DomainError as error:
            raise ValidationError(error.message) from error

    def validate_password_again(self, field: PasswordField) -> None:
        # An empty second field says nothing new while the first one has to be written again anyway.
        if field.data != self.password.data and (field.data or not self.password.errors):
            raise ValidationError("Type the same password in both fields")
