"""Whoever tries what is not theirs to do leaves one line in the log: who, what, and with what."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from elearn.errors import Conflict, DomainError, Forbidden, NotFound
from elearn.extensions import db
from elearn.models import Activity, ActivityKind, Invitation, Right, Role, User, uuid7
from elearn.permissions import OPERATOR, Actor
from elearn.services import (
    courses,
    enrolments,
    erasure,
    handing_over,
    invitation_imports,
    invitations,
    people,
    standings,
)
from elearn.transaction import transactional
from tests import make
from tests.people import People


@dataclass
class Scene:
    """A course with its room and a student, a draft, an invitation and a list, all of one teacher."""

    people: People
    course_id: UUID
    draft_id: UUID
    room_id: UUID
    invitation_id: UUID
    import_id: UUID
    student_id: UUID


@pytest.fixture
def scene(app: Flask, school: People) -> Scene:
    course, draft = make.course(school.ada, title="Biology"), make.course(school.ada, title="Draft", state="draft")
    make.enrol(school.ben, course)
    invited = invitations.invite(school.ada, email="new@n.example", role=Role.STUDENT).invitation_id
    listed = start(school.ada, "student")
    assert invited is not None
    return Scene(school, course.id, draft.id, make.room(course).id, invited, listed, school.ben.id)


def start(actor: User, *roles: str) -> UUID:
    text = "email,role\n" + "".join(f"p{number}@n.example,{role}\n" for number, role in enumerate(roles))
    return invitation_imports.start(actor, file_name="list.csv", stream=io.BytesIO(text.encode())).id


def refusals() -> list[Activity]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Activity).filter_by(kind=ActivityKind.REFUSED).order_by(Activity.id)))


Call = Callable[[Actor, Scene], Any]
# What is tried, with what thing, and whether somebody is the object.
TRIES: dict[str, tuple[Call, str, bool]] = {
    "edit": (lambda who, at: courses.edit(who, at.course_id, title="Mine"), "course_id", False),
    "delete": (lambda who, at: courses.delete(who, at.course_id), "course_id", False),
    "publish": (lambda who, at: courses.publish(who, at.course_id), "course_id", False),
    "unpublish": (lambda who, at: courses.unpublish(who, at.course_id), "course_id", False),
    "archive": (lambda who, at: courses.archive(who, at.course_id), "course_id", False),
    "delete a draft": (lambda who, at: courses.delete(who, at.draft_id), "draft_id", False),
    "publish a draft": (lambda who, at: courses.publish(who, at.draft_id), "draft_id", False),
    "hand_over": (lambda who, at: handing_over.hand_over(who, at.course_id, "eve"), "course_id", False),
    "add": (lambda who, at: enrolments.add(who, at.course_id, "eve"), "course_id", False),
    "remove": (lambda who, at: enrolments.remove(who, at.course_id, at.student_id), "course_id", True),
    "block": (lambda who, at: enrolments.block(who, at.course_id, at.student_id), "course_id", True),
    "unblock": (lambda who, at: enrolments.unblock(who, at.course_id, at.student_id), "course_id", True),
    "grant": (
        lambda who, at: standings.grant(who, at.room_id, user_id=at.student_id, right=Right.DRAW, on=True),
        "room_id",
        True,
    ),
    "grant_everyone": (
        lambda who, at: standings.grant_everyone(who, at.room_id, right=Right.DRAW, on=True), "room_id", False,
    ),
    "remove from the room": (
        lambda who, at: standings.remove(who, at.room_id, user_id=at.student_id), "room_id", True,
    ),
    "invite": (lambda who, _: invitations.invite(who, email="x@n.example", role=Role.ADMIN), "", False),
    "resend": (lambda who, at: invitations.resend(who, at.invitation_id), "invitation_id", False),
    "revoke": (lambda who, at: invitations.revoke(who, at.invitation_id), "invitation_id", False),
    "delete an invitation": (lambda who, at: invitations.delete(who, at.invitation_id), "invitation_id", False),
    "confirm": (lambda who, at: invitation_imports.confirm(who, at.import_id), "import_id", False),
    "discard": (lambda who, at: invitation_imports.discard(who, at.import_id), "import_id", False),
}  # fmt: skip


@pytest.mark.parametrize("who", ["student", "outsider", "teacher"])
@pytest.mark.parametrize("what", TRIES)
def test_every_attempt_is_one_line(scene: Scene, what: str, who: str) -> None:
    actors = {"student": scene.people.ben, "outsider": scene.people.eve}
    actor = actors.get(who) or make.person("other", Role.TEACHER)
    call, thing, has_subject = TRIES[what]
    with pytest.raises((Forbidden, NotFound)):
        call(actor, scene)
    (line,) = refusals()
    assert (line.actor_id, line.detail["tried"]) == (actor.id, what.split(maxsplit=1)[0])
    assert line.object_id == (getattr(scene, thing) if thing else None)
    assert bool(line.object_name) == bool(thing)
    assert line.subject_id == (scene.student_id if has_subject else None)


def test_a_line_is_written_on_both_databases_within_a_larger_transaction_too(
    app: Flask, school: People, school_database: str
) -> None:
    course = make.course(school.ada, title="Biology")

    @transactional
    def larger() -> None:
        courses.edit(school.root, course.id, title="Changed")
        courses.delete(school.ben, course.id)

    with pytest.raises(Forbidden):
        larger()
    assert [(line.actor_id, line.object_name) for line in refusals()] == [(school.ben.id, "Biology")]


def test_what_the_role_was_to_be_stands_in_the_line(scene: Scene) -> None:
    boss = make.person("boss", Role.MANAGER)
    for call in (
        lambda: invitations.invite(boss, email="x@n.example", role=Role.ADMIN),
        lambda: people.set_role(boss, scene.student_id, Role.MANAGER),
    ):
        with pytest.raises(Forbidden):
            call()
    assert [line.detail for line in refusals()] == [
        {"tried": "invite", "role": "admin"},
        {"tried": "set_role", "role": "manager"},
    ]


def test_who_was_demoted_sends_no_invitation_again(scene: Scene) -> None:
    people.set_role(OPERATOR, scene.people.ada.id, Role.STUDENT)
    with pytest.raises(Forbidden):
        invitations.resend(scene.people.ada, scene.invitation_id)
    assert [(line.object_id, line.detail) for line in refusals()] == [(scene.invitation_id, {"tried": "resend"})]


def test_the_last_admin_is_kept_and_the_attempt_too(app: Flask, school: People, school_database: str) -> None:
    root = school.root
    for call in (
        lambda: erasure.erase(root, make.PASSWORD),
        lambda: people.set_role(OPERATOR, root.id, Role.STUDENT),
        lambda: people.block(OPERATOR, root.id),
        lambda: erasure.erase_for(OPERATOR, root.id),
    ):
        with pytest.raises(Conflict, match="the last admin"):
            call()
    assert [(line.actor_name, line.subject_id, line.detail["tried"]) for line in refusals()] == [
        ("Root Admin", root.id, "erase"),
        ("The operator", root.id, "set_role"),
        ("The operator", root.id, "block"),
        ("The operator", root.id, "erase"),
    ]


def test_a_list_with_roles_of_others_is_one_line_with_their_number(scene: Scene) -> None:
    listed = start(scene.people.ada, "admin", "student", "teacher", "Manager", "janitor")
    invitation_imports.confirm(scene.people.ada, listed)
    (line,) = refusals()
    assert (line.actor_id, line.object_id, line.object_name) == (scene.people.ada.id, listed, "list.csv")
    assert line.detail == {"tried": "invite", "count": 3}


def test_a_list_confirmed_after_the_role_went_is_one_more_line(scene: Scene) -> None:
    boss = make.person("boss", Role.MANAGER)
    listed = start(boss, "teacher", "teacher", "student")
    assert refusals() == []
    people.set_role(OPERATOR, boss.id, Role.TEACHER)
    invitation_imports.confirm(boss, listed)
    assert [line.detail for line in refusals()] == [{"tried": "invite", "count": 2}]
    invited = db.session.scalars(db.select(Invitation).filter_by(invited_by_id=boss.id))
    assert [row.role for row in invited] == [Role.STUDENT]


ORDINARY: dict[str, Call] = {
    "a wrong password": lambda _, at: erasure.erase(at.people.ben, "not this one"),
    "an address not proved": lambda *_: invitations.invite(
        make.person("fresh", Role.TEACHER, email_verified_at=None), email="x@n.example", role=Role.STUDENT
    ),
    "nothing there": lambda who, _: courses.delete(who, uuid7()),
    "nobody of the course": lambda _, at: enrolments.remove(at.people.ada, at.course_id, at.people.eve.id),
    "not now": lambda _, at: courses.unpublish(at.people.ada, at.course_id),
    "not so": lambda _, at: courses.edit(at.people.ada, at.course_id, title=""),
    "still teaching": lambda _, at: erasure.erase(at.people.ada, make.PASSWORD),
    "nobody signed in": lambda _, at: courses.delete(None, at.course_id),
}


@pytest.mark.parametrize("what", ORDINARY)
def test_what_is_no_attempt_leaves_no_line(scene: Scene, what: str) -> None:
    with pytest.raises(DomainError):
        ORDINARY[what](scene.people.eve, scene)
    assert refusals() == []


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_who_tries_on_fills_no_log(overrides: dict[str, Any], scene: Scene) -> None:
    for _ in range(65):
        with pytest.raises(Forbidden):
            courses.delete(scene.people.eve, scene.course_id)
    assert len(refusals()) == 60
