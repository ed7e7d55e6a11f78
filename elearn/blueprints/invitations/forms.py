from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wtforms import EmailField, HiddenField, PasswordField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import PasswordInput

from elearn.blueprints.forms import Form, checked_by, without_spaces
from elearn.errors import DomainError
from elearn.languages import lazy
from elearn.models import Course, InvitationState, Role, parse_id
from elearn.services import accounts, invitations

STATES = {
    InvitationState.WAITING: lazy("Waiting"),
    InvitationState.ACCEPTED: lazy("Accepted"),
    InvitationState.EXPIRED: lazy("Run out"),
    InvitationState.REVOKED: lazy("Revoked"),
}


def clean_optional_name(text: str) -> str:
    return accounts.clean_name(text) if text.strip() else ""


class InviteForm(Form):
    email = EmailField(lazy("Email"), [checked_by(lambda text: accounts.clean_email(text.strip()))])
    full_name = StringField(lazy("Name"), [checked_by(clean_optional_name)])
    role = RadioField(lazy("As"), validate_choice=False)
    courses = SelectMultipleField(lazy("Courses"), validate_choice=False)
    message = TextAreaField(lazy("Your message"), [checked_by(invitations.clean_message)])

    def offer(self, roles: Sequence[Role], courses: Sequence[Course]) -> None:
        """Say what there is to choose from."""
        self.role.choices = [(role.value, role.label) for role in roles]
        self.courses.choices = [(str(course.id), course.title) for course in courses]

    def validate_role(self, field: RadioField) -> None:
        if field.data not in {role.value for role in Role}:
            raise ValidationError(str(lazy("Choose a role")))

    def wanted(self) -> dict[str, Any]:
        """Return what was typed, by the names of the service."""
        return {
            "email": self.email.data or "",
            "full_name": self.full_name.data or "",
            "role": Role(self.role.data),
            "course_ids": self.course_ids(),
            "message": self.message.data or "",
        }

    def course_ids(self) -> list[UUID]:
        return [found for text in self.courses.data or [] if (found := parse_id(text)) is not None]


class AcceptForm(Form):
    full_name = StringField(lazy("Full name"), [checked_by(accounts.clean_name)])
    username = StringField(lazy("Username"), [checked_by(accounts.clean_username)], filters=[without_spaces])
    # What was typed is kept when another field is wrong, as in every field; the page is never stored by a cache.
    password = PasswordField(lazy("Password"), widget=PasswordInput(hide_value=False))
    time_zone = HiddenField(render_kw={"data-module": "auth/time_zone"})

    def validate_password(self, field: PasswordField) -> None:
        try:
            accounts.clean_password(field.data or "", self.username.data or "")
        except DomainError as error:
            raise ValidationError(error.message) from error


def state_of(text: str) -> InvitationState | None:
    """Return the state that the address asks for; none when it is none of ours."""
    return InvitationState(text) if text in set(InvitationState) else None
