from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import EmailField, RadioField, SelectField, StringField

from elearn.blueprints.courses.forms import page_of
from elearn.blueprints.forms import Form, checked_by, without_spaces
from elearn.languages import _, lazy
from elearn.models import Role
from elearn.services import accounts
from elearn.services.directory import Only, State

MADE, CODE = "made", "code"


def state_names() -> dict[State, str]:
    return {
        State.ACTIVE: _("Active"),
        State.BLOCKED: _("Blocked"),
        State.WAITING: _("Waiting for approval"),
        State.UNVERIFIED: _("Email not proved"),
        State.UNREACHABLE: _("Emails come back"),
    }


@dataclass(frozen=True)
class PeopleQuery:
    """Hold what the address of the list asks for; words that it does not know are left out."""

    q: str = ""
    role: Role | None = None
    state: State | None = None
    # Teachers leave out the blocked by this.
    without_blocked: bool = False
    page: int = 1

    @classmethod
    def read(cls, args: MultiDict[str, str], *, oversees: bool) -> "PeopleQuery":
        role, state = args.get("role", ""), args.get("state", "")
        return cls(
            q=" ".join(args.get("q", "")[:100].split()),
            role=Role(role) if role in set(Role) else None,
            state=State(state) if oversees and state in set(State) else None,
            without_blocked=not oversees and args.get("blocked") == "no",
            page=page_of(args),
        )

    @property
    def only(self) -> Only:
        return Only(self.role, False if self.without_blocked else None, self.state)

    def args(self) -> dict[str, Any]:
        """Return the words of the address, without the page."""
        words = {"q": self.q, "role": self.role, "state": self.state, "blocked": "no" if self.without_blocked else ""}
        return {name: str(value) for name, value in words.items() if value}


class RoleForm(Form):
    role = SelectField(lazy("Role"), validate_choice=False)

    def offer(self, roles: list[Role]) -> None:
        self.role.choices = [(role.value, role.label) for role in roles]


class NewPersonForm(RoleForm):
    full_name = StringField(lazy("Full name"), [checked_by(accounts.clean_name)])
    username = StringField(lazy("Username"), [checked_by(accounts.clean_username)], filters=[without_spaces])
    email = EmailField(lazy("Email"), [checked_by(accounts.clean_email)])


class ReasonForm(Form):
    """Hold why something is done; the service looks at it once it knows that the reader may do it."""

    reason = StringField(lazy("Reason"))


class PasswordForm(Form):
    how = RadioField(
        lazy("How"),
        choices=[(MADE, lazy("Make a password and show it to me once")), (CODE, lazy("Send a code by email"))],
        default=MADE,
        validate_choice=False,
    )
