"""Accounts from the terminal: `flask users ...`."""

import sys
from typing import Any
from uuid import UUID

import click
from flask.cli import AppGroup

from elearn.cli.activity import show_lines
from elearn.cli.errors import tells_errors
from elearn.cli.showing import Command, as_json, moment, show_json, show_table
from elearn.models import Role, User
from elearn.permissions import OPERATOR
from elearn.services import activity, credentials, directory, people, sign_ins
from elearn.services.directory import FoundPerson, Only, State
from elearn.services.people import Handed
from elearn.services.sign_ins import OpenDevice

ROLES = click.Choice([role.value for role in Role])
STATES = click.Choice([state.value for state in State])

users = AppGroup("users", help="Create, find, change, approve, block, unblock and delete people.")


def takes_password(command: Command) -> Command:
    """Take where a new password comes from, for `chosen_password`."""
    stdin = click.option(
        "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
    )
    made = click.option("--generate-password", is_flag=True, help="Make a password and show it once.")
    return stdin(made(command))


def chosen_password(*, from_stdin: bool, is_made: bool) -> str | None:
    """Ask for a password twice or read it from standard input; return nothing for one that is to be made."""
    if from_stdin and is_made:
        raise click.UsageError("Use --password-stdin or --generate-password, not both.")
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if is_made:
        return None
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same password again", err=True)
    return typed


def as_dict(user: User | FoundPerson) -> dict[str, Any]:
    """Return what a program wants to know about an account."""
    return {
        "id": str(user.id),
        "username": user.username,
        "email": user.email,
        "full_name": user.full_name,
        "role": user.role.value,
        "requested_role": user.requested_role.value if user.requested_role else None,
        "blocked": user.is_blocked,
        "verified": user.is_verified,
        "email_refused_at": moment(user.email_refused_at),
        "created_at": moment(user.created_at),
    }


def tell(user: User, sentence: str, *, in_json: bool) -> None:
    """Say what was done, or show the account as it is now."""
    if in_json:
        show_json(as_dict(user))
    else:
        click.echo(f"{user.full_name} {sentence}")


def hand_over(handed: Handed, sentence: str, *, in_json: bool) -> None:
    """Say what was done, with the password that was made."""
    if in_json:
        show_json(as_dict(handed.user) | ({"password": handed.password} if handed.password else {}))
        return
    click.echo(sentence)
    if handed.password:
        click.echo(f"Password, shown only now: {handed.password}")


@users.command()
@click.argument("username")
@click.argument("email")
@click.option("--name", "full_name", help="The full name; the username when left out.")
@click.option("--role", type=ROLES, default=Role.STUDENT.value, show_default=True)
@as_json
@takes_password
@tells_errors
def create(
    username: str, email: str, full_name: str | None, role: str, *, in_json: bool, password_stdin: bool,
    generate_password: bool,
) -> None:  # fmt: skip
    """Create an account with any role."""
    password = chosen_password(from_stdin=password_stdin, is_made=generate_password)
    handed = people.create(
        OPERATOR, username=username, email=email, password=password, full_name=full_name or username, role=Role(role)
    )
    user = handed.user
    hand_over(handed, f"Created {user.full_name} ({user.username}) as {user.role.value}.", in_json=in_json)


@users.command("list")
@click.option("--role", type=ROLES, help="Only this role.")
@click.option("--state", type=STATES, help="Only accounts that stand so.")
@click.option("--blocked/--not-blocked", default=None, help="Only the blocked, or only the others.")
@click.option("--q", default="", help="The beginnings of words of name, username or email.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@tells_errors
def list_(role: str | None, state: str | None, *, blocked: bool | None, q: str, limit: int, in_json: bool) -> None:
    """List accounts by name."""
    only = Only(Role(role) if role else None, blocked, State(state) if state else None)
    found: list[FoundPerson] = []
    for page in range(1, -(-limit // 100) + 1):
        part = directory.search_people(OPERATOR, q=q, only=only, page=page, per_page=min(limit, 100))
        found += part.items
        if page >= part.pages:
            break
    if in_json:
        show_json([as_dict(user) for user in found[:limit]])
        return
    rows = [
        (user.username, user.role.value, state_of(user), user.full_name, user.email or "") for user in found[:limit]
    ]
    show_table(("USERNAME", "ROLE", "STATE", "NAME", "EMAIL"), rows)


def state_of(user: User | FoundPerson) -> str:
    if user.is_blocked:
        return "blocked"
    if user.requested_role:
        return f"asks to be {user.requested_role.value}"
    if not user.is_verified:
        return "unverified"
    return "unreachable" if user.email_refused_at else ""


@users.command()
@click.argument("login")
@as_json
@tells_errors
def show(login: str, *, in_json: bool) -> None:
    """Show somebody (username or email) with their courses."""
    page = directory.page_of(OPERATOR, people.find(OPERATOR, login).id)
    user, courses = page.user, [*page.taught, *page.studied]
    if in_json:
        show_json(
            as_dict(user)
            | {
                "blocked_reason": user.blocked_reason,
                "language": user.language,
                "time_zone": user.time_zone,
                "courses": [
                    {"id": str(one.id), "code": one.code, "enrolment": one.enrolment and one.enrolment.value}
                    for one in courses
                ],
            }
        )
        return
    for name, value in (
        ("Name", user.full_name),
        ("Username", user.username),
        ("Email", user.email + ("" if user.is_verified else " (not proved)")),
        ("Role", user.role.value),
        ("State", state_of(user) or "active"),
        ("Reason", user.blocked_reason),
        ("Since", moment(user.created_at)),
        ("Teaches", ", ".join(one.code for one in page.taught)),
        ("Studies", ", ".join(one.code for one in page.studied)),
    ):
        if value:
            click.echo(f"{name:9} {value}")


@users.command()
@click.argument("login")
@click.argument("role", type=ROLES)
@as_json
@tells_errors
def set_role(login: str, role: str, *, in_json: bool) -> None:
    """Give somebody (username or email) another role."""
    user = people.set_role(OPERATOR, people.find(OPERATOR, login).id, Role(role))
    tell(user, f"is {user.role.value} now.", in_json=in_json)


@users.command()
@click.argument("login")
@as_json
@tells_errors
def approve(login: str, *, in_json: bool) -> None:
    """Let somebody (username or email) be what they asked to be."""
    user = people.approve(OPERATOR, people.find(OPERATOR, login).id)
    tell(user, f"is {user.role.value} now.", in_json=in_json)


@users.command()
@click.argument("login")
@click.option("--reason", default="", help="Why; the person reads it.")
@as_json
@tells_errors
def decline(login: str, *, reason: str, in_json: bool) -> None:
    """Leave somebody (username or email) who asked for more what they are."""
    user = people.decline(OPERATOR, people.find(OPERATOR, login).id, reason)
    tell(user, f"stays {user.role.value}.", in_json=in_json)


@users.command()
@click.argument("login")
@click.option("--reason", default="", help="Why; the person reads it.")
@as_json
@tells_errors
def block(login: str, *, reason: str, in_json: bool) -> None:
    """Refuse somebody (username or email) everywhere at once."""
    user = people.block(OPERATOR, people.find(OPERATOR, login).id, reason)
    tell(user, "is blocked, and signed out everywhere.", in_json=in_json)


@users.command()
@click.argument("login")
@click.option("--reason", default="", help="Why; it stands in the activity log.")
@as_json
@tells_errors
def unblock(login: str, *, reason: str, in_json: bool) -> None:
    """Let somebody (username or email) sign in again."""
    user = people.unblock(OPERATOR, people.find(OPERATOR, login).id, reason)
    tell(user, "may sign in again.", in_json=in_json)


@users.command()
@click.argument("login")
@takes_password
@click.option("--send-code", is_flag=True, help="Email a code with which they set one; the old one counts until then.")
@as_json
@tells_errors
def reset_password(
    login: str, *, password_stdin: bool, generate_password: bool, send_code: bool, in_json: bool
) -> None:
    """Set a new password for somebody (username or email), and sign them out everywhere."""
    if send_code:
        if password_stdin or generate_password:
            raise click.UsageError("With --send-code there is no password to set.")
        user = people.send_reset_code(OPERATOR, people.find(OPERATOR, login).id)
        tell(user, f"gets a code at {user.email}.", in_json=in_json)
        return
    password = chosen_password(from_stdin=password_stdin, is_made=generate_password)
    handed = people.reset_password(OPERATOR, people.find(OPERATOR, login).id, password)
    hand_over(handed, f"{handed.user.full_name} has a new password, and is signed out everywhere.", in_json=in_json)


@users.command()
@click.argument("login")
@as_json
@tells_errors
def verify(login: str, *, in_json: bool) -> None:
    """Take the address of somebody (username or email) as proved."""
    tell(people.verify(OPERATOR, people.find(OPERATOR, login).id), "has a proved address.", in_json=in_json)


@users.command()
@click.argument("login")
@click.argument("email")
@as_json
@tells_errors
def set_email(login: str, email: str, *, in_json: bool) -> None:
    """Give somebody (username or email) another address that is known to be theirs; the old one is told."""
    user = credentials.set_email_for(OPERATOR, people.find(OPERATOR, login).id, email)
    tell(user, f"has the address {user.email}.", in_json=in_json)


@users.command()
@click.argument("login")
@click.option("--device", type=click.UUID, metavar="ID", help="Only this one; `flask users sessions` shows the ids.")
@as_json
@tells_errors
def sign_out(login: str, *, device: UUID | None, in_json: bool) -> None:
    """Sign somebody (username or email) out on all devices, or on one."""
    user_id = people.find(OPERATOR, login).id
    if device is None:
        tell(people.sign_out(OPERATOR, user_id), "is signed out everywhere.", in_json=in_json)
    else:
        tell(sign_ins.end_of(OPERATOR, user_id, device), "is signed out on this device.", in_json=in_json)


@users.command()
@click.argument("login")
@as_json
@tells_errors
def sessions(login: str, *, in_json: bool) -> None:
    """Show where somebody (username or email) is signed in."""
    found = sign_ins.list_of(OPERATOR, people.find(OPERATOR, login).id, per_page=100).items
    if in_json:
        show_json([_session(one) for one in found])
        return
    rows = [(str(one.id), one.device, one.kind.value, one.address, moment(one.last_seen_at) or "") for one in found]
    show_table(("ID", "DEVICE", "KIND", "ADDRESS", "LAST SEEN"), rows)


def _session(one: OpenDevice) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "device": one.device,
        "address": one.address,
        "created_at": moment(one.created_at),
        "last_seen_at": moment(one.last_seen_at),
    }


@users.command("activity")
@click.argument("login")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@as_json
@tells_errors
def activity_(login: str, *, limit: int, in_json: bool) -> None:
    """Show what somebody (username or email) did last, and what was done to them."""
    show_lines(activity.latest_of(OPERATOR, people.find(OPERATOR, login).id, limit), in_json=in_json)
