"""Searching and overseeing people; a part of `/api/users/`."""

from typing import Any
from uuid import UUID

from flask import Response

from elearn.api.auth_schemas import DevicePage
from elearn.api.people_schemas import (
    Account,
    AccountWithPassword,
    CourseOfPersonPage,
    HandedPassword,
    NewPerson,
    NewRole,
    PeoplePage,
    PeopleQuery,
    Reason,
    ReasonForLog,
)
from elearn.api.schemas import Paged
from elearn.api.section import no_content
from elearn.api.users import bp
from elearn.identity import me
from elearn.models import User
from elearn.services import directory, people
from elearn.services.directory import FoundPerson, Only, OwnCourse
from elearn.services.paging import Bounded, Page
from elearn.services.people import Handed
from elearn.services.sign_ins import OpenDevice

USER = "/<uuid:user_id>/"
AS_IT_IS = "The account as it is now."
LAST_ADMIN = "This is the last admin."
OVERSEERS_ONLY = "Only managers and admins oversee people."
ABOVE = "The person, or the role, does not stand below the reader's own."


@bp.route("/")
@bp.refuses(s403="Only teachers and those above them search people; only managers by state, or the newest first.")
@bp.arguments(PeopleQuery, location="query")
@bp.response(200, PeoplePage, description="One page of people.")
def list_people(query: dict[str, Any]) -> Bounded[FoundPerson]:
    """Search people by role and by the beginnings of the words of name, username and email."""
    blocked = {"true": True, "false": False}.get(query.pop("blocked") or "")
    only = Only(query.pop("role"), blocked, query.pop("state"))
    return directory.search_people(me(), only=only, **query)


@bp.route("/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409="Somebody has this username, or has proved this address.")
@bp.arguments(NewPerson)
@bp.response(201, AccountWithPassword, description="The new account.")
def create_person(data: dict[str, Any]) -> Handed:
    """Create an account for somebody; the address counts as proved."""
    return people.create(me(), **data)


@bp.route(USER)
@bp.refuses(s403=OVERSEERS_ONLY)
@bp.response(200, Account, description="The account.")
def show_person(user_id: UUID) -> User:
    """Read an account."""
    return directory.get(me(), user_id)


@bp.route(f"{USER}role/", methods=["PUT"])
@bp.refuses(s403=ABOVE, s409=LAST_ADMIN)
@bp.arguments(NewRole)
@bp.response(200, Account, description=AS_IT_IS)
def change_role(data: dict[str, Any], user_id: UUID) -> User:
    """Give somebody another role; they are signed out everywhere and come in again with it."""
    return people.set_role(me(), user_id, data["role"])


@bp.route(f"{USER}approve/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409="The person does not wait for approval.")
@bp.response(200, Account, description=AS_IT_IS)
def approve_person(user_id: UUID) -> User:
    """Let somebody be what they asked to be when registering."""
    return people.approve(me(), user_id)


@bp.route(f"{USER}decline/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409="The person does not wait for approval.")
@bp.arguments(Reason, required=False)
@bp.response(200, Account, description=AS_IT_IS)
def decline_person(data: dict[str, Any], user_id: UUID) -> User:
    """Leave somebody what they are."""
    return people.decline(me(), user_id, data["reason"])


@bp.route(f"{USER}block/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409=LAST_ADMIN)
@bp.arguments(Reason, required=False)
@bp.response(200, Account, description=AS_IT_IS)
def block_person(data: dict[str, Any], user_id: UUID) -> User:
    """Refuse somebody everywhere at once: pages, API and open sockets."""
    return people.block(me(), user_id, data["reason"])


@bp.route(f"{USER}unblock/", methods=["POST"])
@bp.refuses(s403=ABOVE)
@bp.arguments(ReasonForLog, required=False)
@bp.response(200, Account, description=AS_IT_IS)
def unblock_person(data: dict[str, Any], user_id: UUID) -> User:
    """Let somebody sign in again."""
    return people.unblock(me(), user_id, data["reason"])


@bp.route(f"{USER}reset-password/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409="A code cannot be sent to an address that is not proved.")
@bp.arguments(HandedPassword, required=False)
@bp.response(200, AccountWithPassword, description="The account; every device is signed out, unless a code is sent.")
def reset_password_of(data: dict[str, Any], user_id: UUID) -> Handed:
    """Give somebody a new password, or send a code with which they set one."""
    if data.pop("send_code"):
        return Handed(people.send_reset_code(me(), user_id), None)
    return people.reset_password(me(), user_id, **data)


@bp.route(f"{USER}verify/", methods=["POST"])
@bp.refuses(s403=ABOVE, s409="Somebody else has proved this address.")
@bp.response(200, Account, description=AS_IT_IS)
def verify_person(user_id: UUID) -> User:
    """Take somebody's address as proved."""
    return people.verify(me(), user_id)


@bp.route(f"{USER}sign-out/", methods=["POST"])
@bp.refuses(s403=ABOVE)
@bp.response(200, Account, description=AS_IT_IS)
def sign_person_out(user_id: UUID) -> User:
    """End all devices of somebody."""
    return people.sign_out(me(), user_id)


@bp.route(f"{USER}sessions/")
@bp.refuses(s403=OVERSEERS_ONLY)
@bp.arguments(Paged, location="query")
@bp.response(200, DevicePage, description="Where the person is signed in, the latest used first.")
def list_sessions_of(query: dict[str, Any], user_id: UUID) -> Page[OpenDevice]:
    """List the devices of somebody."""
    return directory.devices_of(me(), user_id, **query)


@bp.route(f"{USER}sessions/", methods=["DELETE"])
@bp.refuses(s403=ABOVE)
@bp.response(204, description="Every device of the person is signed out.")
def end_sessions_of(user_id: UUID) -> Response:
    """End all devices of somebody, as `sign-out/` does."""
    people.sign_out(me(), user_id)
    return no_content()


@bp.route(f"{USER}courses/")
@bp.refuses(s403=OVERSEERS_ONLY)
@bp.arguments(Paged, location="query")
@bp.response(200, CourseOfPersonPage, description="One page of the person's courses, the latest first.")
def list_courses_of(query: dict[str, Any], user_id: UUID) -> Page[OwnCourse]:
    """List the courses that somebody teaches, studies in, or is blocked in."""
    return directory.courses_of(me(), user_id, **query)
