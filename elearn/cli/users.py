"""Accounts from the terminal: `flask users ...`."""

import json
import secrets
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask.cli import AppGroup

from elearn.cli.errors import tells_errors
from elearn.models import Role, User
from elearn.permissions import OPERATOR
from elearn.services import people

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without what is easily mistaken when it is read out
GROUPS, LETTERS = 4, 5  # 20 letters of 31: about 99 bits
ROLES = click.Choice([role.value for role in Role])

users = AppGroup("users", help="Create, list, block and unblock people, change roles, reset passwords.")


def generated_password() -> str:
    """Make a password that can be read out."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))


def takes_password(command: Callable[..., None]) -> Callable[..., None]:
    """Ask for a password twice, or read it from standard input, or make one; hand it and `generated` to the command."""

    @click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
    @click.option("--generate-password", is_flag=True, help="Make a password and show it once.")
    @wraps(command)
    def wrapper(*args: Any, password_stdin: bool, generate_password: bool, **kwargs: Any) -> None:
        if password_stdin and generate_password:
            raise click.UsageError("Use --password-stdin or --generate-password, not both.")
        if generate_password:
            password = generated_password()
        elif password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = click.prompt("Password", hide_input=True, confirmation_prompt="The same password again")
        command(*args, password=password, generated=generate_password, **kwargs)

    return wrapper


def as_dict(user: User) -> dict[str, Any]:
    """Return what a program wants to know about an account."""
    return {
        "id": str(user.id),
        "username": user.username,
        "email": user.email,
        "full_name": user.full_name,
        "role": user.role.value,
        "blocked": user.is_blocked,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }


def show_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@users.command()
@click.argument("username")
@click.argument("email")
@click.option("--name", "full_name", help="The full name; the username when left out.")
@click.option("--role", type=ROLES, default=Role.STUDENT.value, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@takes_password
@tells_errors
def create(
    username: str, email: str, full_name: str | None, role: str, *, as_json: bool, password: str, generated: bool
) -> None:
    """Create an account with any role."""
    user = people.create(
        OPERATOR, username=username, email=email, password=password, full_name=full_name or username, role=Role(role)
    )
    if as_json:
        show_json(as_dict(user) | ({"password": password} if generated else {}))
        return
    click.echo(f"Created {user.full_name} ({user.username}) as {user.role.value}.")
    if generated:
        click.echo(f"Password, shown only now: {password}")


@users.command("list")
@click.option("--role", type=ROLES, help="Only this role.")
@click.option("--blocked/--not-blocked", default=None, help="Only the blocked, or only the others.")
@click.option("--q", default="", help="A part of the name, username or email.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@tells_errors
def list_(role: str | None, *, blocked: bool | None, q: str, limit: int, as_json: bool) -> None:
    """List accounts, newest first."""
    found = people.list_for(OPERATOR, role=Role(role) if role else None, blocked=blocked, q=q, limit=limit)
    if as_json:
        show_json([as_dict(user) for user in found])
        return
    rows = [("USERNAME", "ROLE", "STATE", "NAME", "EMAIL")] + [
        (user.username, user.role.value, "blocked" if user.is_blocked else "", user.full_name, user.email)
        for user in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]))


@users.command()
@click.argument("login")
@click.argument("role", type=ROLES)
@tells_errors
def set_role(login: str, role: str) -> None:
    """Give somebody (username or email) another role."""
    user = people.set_role(OPERATOR, people.find(OPERATOR, login).id, Role(role))
    click.echo(f"{user.full_name} is {user.role.value} now.")


@users.command()
@click.argument("login")
@click.option("--reason", default="", help="Why, for the other administrators.")
@tells_errors
def block(login: str, reason: str) -> None:
    """Refuse somebody (username or email) everywhere at once."""
    user = people.block(OPERATOR, people.find(OPERATOR, login).id, reason)
    click.echo(f"{user.full_name} is blocked, and signed out everywhere.")


@users.command()
@click.argument("login")
@tells_errors
def unblock(login: str) -> None:
    """Let somebody (username or email) sign in again."""
    user = people.unblock(OPERATOR, people.find(OPERATOR, login).id)
    click.echo(f"{user.full_name} may sign in again.")


@users.command()
@click.argument("login")
@takes_password
@tells_errors
def reset_password(login: str, *, password: str, generated: bool) -> None:
    """Set a new password for somebody (username or email), and sign them out everywhere."""
    user = people.reset_password(OPERATOR, people.find(OPERATOR, login).id, password)
    click.echo(f"{user.full_name} has a new password, and is signed out everywhere.")
    if generated:
        click.echo(f"Password, shown only now: {password}")
