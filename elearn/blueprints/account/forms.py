from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from elearn.blueprints.auth.forms import SHORT, fits, same_as_password
from elearn.blueprints.forms import Form, checked_by
from elearn.languages import lazy
from elearn.services import accounts

WRITE_IT = (InputRequired(lazy("Write your password")), SHORT)


class PasswordForm(Form):
    old_password = PasswordField(lazy("Present password"), WRITE_IT)
    password = PasswordField(lazy("New password"), [fits()])
    password_again = PasswordField(lazy("New password again"), [same_as_password])


class EmailForm(Form):
    email = EmailField(lazy("New email"), [checked_by(accounts.clean_email)])
    password = PasswordField(lazy("Your password"), WRITE_IT)
