from marshmallow import Schema, fields

from elearn.api.fields import Choice, Id, Input, Moment, Text, about
from elearn.api.schemas import EMAIL_MAX, page_of
from elearn.models import SignInKind
from elearn.services import accounts

CODE_MAX = 20


def code() -> Text:
    return Text(
        "The six digits of the email; blanks between them do not matter.",
        "402 913",
        shortest=6,
        pattern="^ *[0-9](?: *[0-9]){5} *$",
        longest=CODE_MAX,
        required=True,
        load_only=True,
    )


def new_password() -> Text:
    return Text(
        "A secret that is hard to guess: at least four different characters, and not the name or the address.",
        "comets need four words", shortest=accounts.PASSWORD_MIN, longest=accounts.PASSWORD_MAX, form="password",
        required=True, load_only=True,
    )  # fmt: skip


def present_password() -> Text:
    return Text(
        "The password that one has now.", "four unrelated words", shortest=1, longest=1000, form="password",
        required=True, load_only=True,
    )  # fmt: skip


def address(sentence: str) -> Text:
    return Text(sentence, "elif@example.org", shortest=3, longest=EMAIL_MAX, form="email", required=True)


class EmailCode(Input):
    """A code that came by email."""

    code = code()


class ForgottenPassword(Input):
    """Whose password is forgotten."""

    email = address("The address of the account.")


class NewPassword(Input):
    """A new password, with the code that came by email."""

    email = address("The address to which the code was sent.")
    code = code()
    password = new_password()


class PasswordChange(Input):
    """Another password instead of the present one."""

    old_password = present_password()
    password = new_password()


class EmailChange(Input):
    """Another address, confirmed with the password."""

    email = address("The new address.")
    password = present_password()


class Device(Schema):
    """A browser or an app that is signed in."""

    id = Id("Names the sign-in.", required=True)
    kind = Choice("Whether it came by the pages or by the API.", "browser", SignInKind, required=True)
    device = fields.String(
        required=True, metadata=about("Browser and system, as far as they tell.", "Firefox on Windows")
    )
    address = fields.String(required=True, metadata=about("The network address of its last use.", "192.0.2.7"))
    created_at = Moment("When it signed in.", required=True)
    last_seen_at = Moment("When it was used last, give or take five minutes.", required=True)
    expires_at = Moment("When it is signed out by itself.", required=True)
    is_current = fields.Boolean(required=True, metadata=about("Whether this request came from it.", True))


DevicePage = page_of(Device, "DevicePage")
