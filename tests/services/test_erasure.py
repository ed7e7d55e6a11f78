from threading import Barrier, Thread

import pytest
from flask import Flask

from elearn.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthenticated
from elearn.extensions import db
from elearn.models import (
    Activity,
    ActivityKind,
    BoardObject,
    BoardPage,
    CourseState,
    Email,
    Invitation,
    Role,
    SignIn,
    SignInKind,
    User,
    uuid7,
)
from elearn.permissions import OPERATOR
from elearn.services import accounts, board, chat, directory, enrolments, erasure, invitations, people
from elearn.services.accounts import Device
from tests import make
from tests.people import People

DEVICE = Device(SignInKind.BROWSER)


@pytest.mark.usefixtures("school_database")
def test_the_account_goes_and_what_was_said_stays_without_the_name(school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    room = make.room(course)
    page = make.save(BoardPage(id=uuid7(), classroom_id=room.id, position=1))
    make.change(room, page_id=page.id)
    chat.post(school.ben, room.id, text="I saw four moons", nonce="nonce-0001")
    body = {"kind": "line", "z": 1}
    make.save(BoardObject(page_id=page.id, id="line-0001", added_rev=1, author_id=school.ben.id, body=body))

    erasure.erase(school.ben, make.PASSWORD)

    said = chat.history(school.ada, room.id).messages
    assert [(line["sender"]["name"], line["text"]) for line in said] == [("Former member", "I saw four moons")]
    assert [one["id"] for one in board.snapshot(school.ada, room.id)["objects"]] == ["line-0001"]
    assert enrolments.students(school.ada, course.id).items == []
    assert not directory.search_people(school.root, q="kowalski").items
    assert school.ben.id not in {one.id for one in directory.search_people(school.root).items}
    with pytest.raises(NotFound):
        directory.get(school.root, school.ben.id)
    with pytest.raises(NotFound):
        people.block(school.root, school.ben.id)


@pytest.mark.usefixtures("school_database")
def test_nobody_comes_in_any_more(school: People) -> None:
    opened = make.sign_in(school.ben).id
    erasure.erase(school.ben, make.PASSWORD)
    assert accounts.by_sign_in(opened) is None
    assert db.session.query(SignIn).count() == 0
    ben = db.session.get_one(User, school.ben.id)
    for login in ("ben", "ben@school.example", ben.username, ben.email):
        for password in (make.PASSWORD, ""):
            with pytest.raises(Unauthenticated):
                accounts.sign_in(login=login, password=password, device=DEVICE)


def test_name_and_address_are_free_again(school: People) -> None:
    erasure.erase(school.ben, make.PASSWORD)
    again = make.person("ben", full_name="Ben Kowalski")
    assert again.is_verified
    assert [one.id for one in directory.search_people(school.root, q="ben").items] == [again.id]


@pytest.mark.usefixtures("school_database")
def test_many_accounts_go(school: People) -> None:
    erasure.erase(school.ben, make.PASSWORD)
    erasure.erase(school.eve, make.PASSWORD)
    assert db.session.query(User).filter(User.deleted_at.is_not(None)).count() == 2


def test_it_takes_the_password(school: People) -> None:
    with pytest.raises(Forbidden) as caught:
        erasure.erase(school.ben, "four other words")
    assert (caught.value.code, list(caught.value.fields)) == ("wrong_password", ["password"])
    db.session.refresh(school.ben)
    assert school.ben.deleted_at is None


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_the_password_is_not_guessed_here(overrides: dict[str, object], school: People) -> None:
    with pytest.raises(RateLimited):  # noqa: PT012 - one of them
        for _ in range(30):
            with pytest.raises(Forbidden):
                erasure.erase(school.ben, "four other words")


@pytest.mark.parametrize("state", list(CourseState))
def test_who_teaches_hands_over_or_deletes_first(school: People, state: CourseState) -> None:
    make.course(school.ada, title="Night Sky", state=state)
    assert [course.title for course in erasure.hindrance(school.ada).courses] == ["Night Sky"]
    with pytest.raises(Conflict, match="Night Sky") as caught:
        erasure.erase(school.ada, make.PASSWORD)
    assert caught.value.code == "still_teaching"
    db.session.refresh(school.ada)
    assert (school.ada.full_name, school.ada.deleted_at) == ("Ada Novak", None)


@pytest.mark.usefixtures("school_database")
def test_the_last_admin_stays(school: People) -> None:
    assert erasure.hindrance(school.root).is_last_admin
    with pytest.raises(Conflict) as caught:
        erasure.erase(school.root, make.PASSWORD)
    assert caught.value.code == "last_admin"
    make.person(role=Role.ADMIN)
    assert not erasure.hindrance(school.root)
    erasure.erase(school.root, make.PASSWORD)
    db.session.refresh(school.root)
    assert (school.root.role, school.root.is_active) == (Role.STUDENT, False)


def test_a_blocked_admin_does_not_count(school: People) -> None:
    other = make.person(role=Role.ADMIN)
    people.block(OPERATOR, other.id)
    assert erasure.hindrance(school.root).is_last_admin


@pytest.mark.usefixtures("school_database")
def test_two_admins_at_once_leave_one(app: Flask, school: People) -> None:
    other = make.person(role=Role.ADMIN)
    both, answers, ids = Barrier(2), [], (school.root.id, other.id)

    def go(user_id: object) -> None:
        with app.app_context():
            user = db.session.get_one(User, user_id)
            both.wait()
            try:
                erasure.erase(user, make.PASSWORD)
                answers.append("gone")
            except Conflict as error:
                answers.append(error.code)

    threads = [Thread(target=go, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["gone", "last_admin"]


@pytest.mark.usefixtures("school_database")
def test_twice_at_once_is_once(app: Flask, school: People) -> None:
    both, answers, ben = Barrier(2), [], school.ben.id

    def go() -> None:
        with app.app_context():
            user = db.session.get_one(User, ben)
            both.wait()
            try:
                erasure.erase(user, make.PASSWORD)
                answers.append("gone")
            except (NotFound, Forbidden):
                answers.append("not here")

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["gone", "not here"]
    db.session.rollback()
    assert db.session.query(Activity).filter_by(kind=ActivityKind.ACCOUNT_DELETED).count() == 1


def test_the_log_says_that_somebody_went_and_not_from_where(school: People) -> None:
    school.ben.address = "203.0.113.9"
    erasure.erase(school.ben, make.PASSWORD)
    line = db.session.query(Activity).filter_by(kind=ActivityKind.ACCOUNT_DELETED).one()
    assert (line.actor_name, line.subject_name, line.address) == ("Former member", "Former member", "")


def test_invitations_that_wait_lead_nowhere(school: People) -> None:
    invitations.invite(school.ada, email="new@school.example", role=Role.STUDENT)
    assert db.session.query(Email).filter_by(letter="invitation").count() == 1
    erasure.erase(school.ada, make.PASSWORD)
    assert db.session.query(Invitation).count() == 0
    assert db.session.query(Email).filter_by(letter="invitation").count() == 0


def test_an_address_that_was_never_proved_gets_no_letter(school: People) -> None:
    make.change(school.ben, email_verified_at=None)
    erasure.erase(school.ben, make.PASSWORD)
    assert db.session.query(Email).count() == 0


def test_a_name_of_one_word_is_no_word_of_the_language(school: People) -> None:
    """Only a sentence that begins with it speaks of the person."""
    will = make.person("will", full_name="Will")
    told = {"text": "Will enrolled in Logic", "lines": ["It will rain. Will you come?"]}
    letter = make.save(
        Email(letter="notification", to_email="x@school.example", data=told, next_try_at=will.created_at)
    )
    erasure.erase(will, make.PASSWORD)
    db.session.refresh(letter)
    assert letter.data == {"text": "Former member enrolled in Logic", "lines": ["It will rain. Will you come?"]}


def test_only_the_operator_deletes_somebody_else(school: People) -> None:
    for actor in (school.ada, school.root, school.eve):
        with pytest.raises(Forbidden):
            erasure.erase_for(actor, school.ben.id)
    with pytest.raises(Unauthenticated):
        erasure.erase_for(None, school.ben.id)
    erasure.erase_for(OPERATOR, school.ben.id)
    with pytest.raises(NotFound):
        erasure.erase_for(OPERATOR, school.ben.id)
    line = db.session.query(Activity).filter_by(kind=ActivityKind.ACCOUNT_DELETED).one()
    assert line.actor_name == "The operator"
