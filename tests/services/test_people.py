"""Overseeing people: who may, what follows, and what stays when two do it at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import realtime
from elearn.models import Activity, ActivityKind, Email, Notification, Role, User
from elearn.permissions import OPERATOR
from elearn.services import accounts, people
from tests import make
from tests.people import People

Act = Callable[[User, User], Any]
ACTS: dict[str, Act] = {
    "set_role": lambda actor, user: people.set_role(actor, user.id, Role.STUDENT),
    "approve": lambda actor, user: people.approve(actor, user.id),
    "decline": lambda actor, user: people.decline(actor, user.id),
    "block": lambda actor, user: people.block(actor, user.id, "Noise"),
    "unblock": lambda actor, user: people.unblock(actor, user.id),
    "reset_password": lambda actor, user: people.reset_password(actor, user.id),
    "send_reset_code": lambda actor, user: people.send_reset_code(actor, user.id),
    "sign_out": lambda actor, user: people.sign_out(actor, user.id),
    "verify": lambda actor, user: people.verify(actor, user.id),
}


def lines(kind: ActivityKind) -> list[Activity]:
    return list(db.session.scalars(db.select(Activity).filter_by(kind=kind).order_by(Activity.id)))


def letters() -> list[tuple[str, str]]:
    return [(row.letter, row.data.get("event", "")) for row in db.session.scalars(db.select(Email).order_by(Email.id))]


def told(user: User) -> list[str]:
    rows = db.session.scalars(db.select(Notification).filter_by(user_id=user.id).order_by(Notification.id))
    return [row.data["event"] for row in rows]


def test_a_manager_gives_roles_below_their_own(app: Flask, school: People, school_database: str) -> None:
    boss = make.person("boss", Role.MANAGER)
    people.set_role(boss, school.ben.id, Role.TEACHER)
    assert db.session.get_one(User, school.ben.id).role is Role.TEACHER
    line = lines(ActivityKind.ROLE_CHANGED)[0]
    assert (line.actor_id, line.subject_id) == (boss.id, school.ben.id)
    assert line.detail == {"role": "teacher", "before": "student"}
    assert told(school.ben) == ["role_changed"]
    assert letters() == [("account_event", "role_changed")]
    people.set_role(boss, school.ben.id, Role.TEACHER)  # once more tells nobody
    assert (len(lines(ActivityKind.ROLE_CHANGED)), told(school.ben)) == (1, ["role_changed"])


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("target", ["manager", "admin", "self"])
def test_nobody_acts_upwards_on_an_equal_or_on_themselves(app: Flask, school: People, act: str, target: str) -> None:
    boss = make.person("boss", Role.MANAGER)
    other = boss if target == "self" else make.person("other", Role(target), requested_role=Role.TEACHER)
    before = (other.role, other.password_hash, other.blocked_at, other.requested_role)
    with pytest.raises(Forbidden):
        ACTS[act](boss, other)
    db.session.rollback()
    db.session.refresh(other)
    assert (other.role, other.password_hash, other.blocked_at, other.requested_role) == before
    refused = lines(ActivityKind.REFUSED)
    assert [(line.actor_id, line.subject_id, line.detail["tried"]) for line in refused] == [(boss.id, other.id, act)]
    assert letters() == []


@pytest.mark.parametrize("act", ACTS)
def test_teachers_and_students_oversee_nobody(app: Flask, school: People, act: str) -> None:
    for actor in (school.ada, school.eve):
        with pytest.raises(Forbidden):
            ACTS[act](actor, school.ben)
    assert {line.actor_id for line in lines(ActivityKind.REFUSED)} == {school.ada.id, school.eve.id}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_nobody_grants_a_role_at_or_above_their_own(app: Flask, school: People, role: Role) -> None:
    boss = make.person("boss", Role.MANAGER)
    with pytest.raises(Forbidden):
        people.set_role(boss, school.ben.id, role)
    with pytest.raises(Forbidden):
        people.create(boss, username="newer", email="newer@school.example", full_name="Newer", role=role)
    assert db.session.get_one(User, school.ben.id).role is Role.STUDENT
    assert [line.detail["tried"] for line in lines(ActivityKind.REFUSED)] == ["set_role", "create"]
    assert people.set_role(school.root, school.ben.id, role).role is role


def test_an_admin_acts_on_other_admins_but_not_on_themselves(app: Flask, school: People) -> None:
    second = make.person("second", Role.ADMIN)
    with pytest.raises(Forbidden):
        people.set_role(school.root, school.root.id, Role.STUDENT)
    assert people.set_role(school.root, second.id, Role.TEACHER).role is Role.TEACHER
    with pytest.raises(Conflict, match="the last admin"):
        people.block(OPERATOR, school.root.id)


def test_a_blocked_admin_does_not_count_as_one_who_is_left(app: Flask, school: People) -> None:
    second = make.person("second", Role.ADMIN)
    people.block(school.root, second.id)
    with pytest.raises(Conflict, match="the last admin"):
        people.set_role(OPERATOR, school.root.id, Role.STUDENT)
    assert people.set_role(OPERATOR, second.id, Role.STUDENT).role is Role.STUDENT


@pytest.mark.parametrize("act", ["set_role", "block"])
def test_two_admins_who_remove_each_other_leave_one(app: Flask, school: People, school_database: str, act: str) -> None:
    second = make.person("second", Role.ADMIN)
    pairs = [(school.root.id, second.id), (second.id, school.root.id)]
    start, outcomes = threading.Barrier(2), []

    def remove(actor_id: Any, user_id: Any) -> None:
        with app.app_context():
            actor, user = db.session.get_one(User, actor_id), db.session.get_one(User, user_id)
            start.wait(10)
            try:
                ACTS[act](actor, user)
                outcomes.append("done")
            except DomainError as error:
                outcomes.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "forbidden"]
    db.session.rollback()
    db.session.expire_all()
    left = [user for user in db.session.scalars(db.select(User).filter_by(role=Role.ADMIN)) if user.is_active]
    assert len(left) == 1
    assert len(lines(ActivityKind.REFUSED)) == 1


def test_who_asked_to_teach_is_approved_or_declined_once(app: Flask, school: People, school_database: str) -> None:
    boss = make.person("boss", Role.MANAGER)
    asks, asks_too = (make.person(requested_role=Role.TEACHER) for _ in range(2))
    people.approve(boss, asks.id)
    people.decline(boss, asks_too.id, "No lessons to give")
    assert (asks.role, asks.requested_role) == (Role.TEACHER, None)
    assert (asks_too.role, asks_too.requested_role) == (Role.STUDENT, None)
    assert letters() == [("account_event", "approved"), ("account_event", "declined")]
    for user in (asks, asks_too):
        with pytest.raises(Conflict, match="does not wait"):
            people.approve(boss, user.id)
    assert [len(lines(kind)) for kind in (ActivityKind.APPROVED, ActivityKind.DECLINED)] == [1, 1]


def test_an_unblocking_says_why_in_the_log(app: Flask, school: People) -> None:
    people.block(school.root, school.ben.id)
    with pytest.raises(Invalid, match="at most 300"):
        people.unblock(school.root, school.ben.id, "x" * 301)
    db.session.rollback()
    assert school.ben.is_blocked
    people.unblock(school.root, school.ben.id, " It was  his brother ")
    people.unblock(school.root, school.ben.id, "Once more")
    assert [line.detail for line in lines(ActivityKind.UNBLOCKED)] == [{"reason": "It was his brother"}]


def test_a_block_says_why_and_is_told_once(app: Flask, school: People) -> None:
    opened = make.sign_in(school.ben)
    people.block(school.root, school.ben.id, "Insults")
    people.block(school.root, school.ben.id, "Insults in the chat")
    assert (school.ben.is_blocked, school.ben.blocked_reason) == (True, "Insults in the chat")
    assert accounts.by_sign_in(opened.id) is None
    assert [line.detail for line in lines(ActivityKind.BLOCKED)] == [{"reason": "Insults"}]
    people.unblock(school.root, school.ben.id)
    people.unblock(school.root, school.ben.id)
    assert (school.ben.is_blocked, school.ben.blocked_reason) == (False, "")
    assert letters() == [("account_event", "blocked"), ("account_event", "unblocked")]
    with pytest.raises(Invalid, match="at most 300"):
        people.block(school.root, school.ben.id, "x" * 301)


@pytest.mark.parametrize("act", ["block", "set_role", "reset_password", "sign_out"])
def test_open_pages_are_looked_at_again(app: Flask, school: People, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(realtime, "control", sent.append)
    teacher = make.person("teacher", Role.TEACHER)
    ACTS[act](school.root, teacher)
    assert {"recheck": "person", "id": str(teacher.id)} in sent


def test_a_made_password_works_and_stands_nowhere(app: Flask, school: People, school_database: str) -> None:
    handed = people.create(
        school.root, username="newer", email="newer@school.example", full_name="Newer One", role=Role.TEACHER
    )
    assert handed.password
    assert handed.user.is_verified
    again = people.reset_password(school.root, handed.user.id)
    assert again.password not in {None, handed.password}
    assert [line.kind for line in db.session.scalars(db.select(Activity).order_by(Activity.id))] == [
        ActivityKind.ACCOUNT_CREATED,
        ActivityKind.PASSWORD_RESET,
    ]
    everything = str([(row.data, row.secret) for row in db.session.scalars(db.select(Email))])
    everything += str([line.detail for line in db.session.scalars(db.select(Activity))])
    assert str(again.password) not in everything


def test_a_code_is_sent_only_to_a_proved_address(app: Flask, school: People) -> None:
    people.send_reset_code(school.root, school.ben.id)
    assert [letter for letter, _ in letters()] == ["reset_password"]
    stranger = make.person(email_verified_at=None)
    with pytest.raises(Conflict, match="not proved"):
        people.send_reset_code(school.root, stranger.id)
    assert people.verify(school.root, stranger.id).is_verified


def test_the_login_means_whoever_proved_the_address(app: Flask, school: People) -> None:
    make.person("typed", email=school.ben.email, email_verified_at=None)
    assert people.find(OPERATOR, school.ben.email.upper()).id == school.ben.id
    with pytest.raises(NotFound):
        people.find(OPERATOR, "nobody\0")
