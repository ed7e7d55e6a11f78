from collections.abc import Callable
from threading import Event, Thread
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from elearn.errors import Conflict, Forbidden, Invalid, Unauthenticated
from elearn.extensions import db
from elearn.integrations import mailer, passwords
from elearn.integrations.mailer import PermanentError
from elearn.models import Activity, ActivityKind, Role, SignIn, SignInKind, User
from elearn.permissions import OPERATOR
from elearn.services import acceptance, accounts, erasure, people, profiles
from elearn.services.accounts import Device
from elearn.transaction import transactional
from tests import make
from tests.invited import invite, token_of
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")
LAPTOP = Device(SignInKind.BROWSER, "127.0.0.1", "A laptop")
NEW = {
    "username": "elif.aydin",
    "email": "elif@school.example",
    "password": "comets need four words",
    "full_name": "Elif Ayd\u0131n",
}


def test_a_registered_person_signs_in_by_username_and_by_email(app: Flask) -> None:
    user = accounts.register(**NEW, role=Role.STUDENT)
    for login in ("elif.aydin", "ELIF.Aydin", "elif@school.example", " Elif@School.example "):
        opened = accounts.sign_in(login=login, password=NEW["password"], device=LAPTOP)
        assert accounts.by_sign_in(opened.id) == user


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "ELIF.AYDIN"}, "username"),
        ({"username": "e"}, "username"),
        ({"username": "elif\u200baydin"}, "username"),
        ({"email": "elif.aydin@"}, "email"),
        ({"password": "comets"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"full_name": "  "}, "full_name"),
        ({"full_name": "Elif\u202eAydin"}, "full_name"),
        ({"full_name": "x" * 1_000_000}, "full_name"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(app: Flask, change: dict[str, str], field: str) -> None:
    accounts.register(**NEW, role=Role.STUDENT)
    other = {"username": "other", "email": "other@school.example", "password": "another four words", "full_name": "O"}
    with pytest.raises((Invalid, Conflict)) as caught:
        accounts.register(**(other | change), role=Role.STUDENT)
    assert list(caught.value.fields) == [field]
    assert db.session.query(User).count() == 1


@pytest.mark.parametrize("email", ["ada@bücher.example", "o'neill+school_1@x.example"])
def test_an_address_that_is_taken_can_be_written_to(app: Flask, email: str) -> None:
    assert mailer.envelope_address(accounts.clean_email(email))


@pytest.mark.parametrize("email", ["élodie@x.example", "елена@x.example"])
def test_an_address_that_no_letter_reaches_is_refused_with_a_sentence_of_its_own(app: Flask, email: str) -> None:
    with pytest.raises(PermanentError):
        mailer.envelope_address(email)
    with pytest.raises(Invalid, match="only a to z") as caught:
        accounts.clean_email(email)
    assert list(caught.value.fields) == ["email"]


def test_nobody_registers_as_admin(app: Flask) -> None:
    with pytest.raises(Invalid):
        accounts.register(**NEW, role=Role.ADMIN)


def test_wrong_password_and_unknown_person_get_the_same_answer(school: People) -> None:
    answers = []
    for login in ("ben", "nobody"):
        with pytest.raises(Unauthenticated) as caught:
            accounts.sign_in(login=login, password="not the password", device=LAPTOP)
        answers.append((caught.value.code, caught.value.message))
    assert answers[0] == answers[1]


def test_a_blocked_person_is_refused_at_once_and_on_every_device(school: People) -> None:
    opened = accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    people.block(OPERATOR, school.ben.id, "spam")
    assert accounts.by_sign_in(opened.id) is None
    with pytest.raises(Forbidden):
        accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    people.unblock(OPERATOR, school.ben.id)
    assert accounts.by_sign_in(opened.id) is None, "a device that was ended stays ended"
    accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)


def test_signing_out_ends_one_device_and_everywhere_ends_all(school: People) -> None:
    here = accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    there = accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    me = accounts.by_sign_in(here.id)
    assert me is not None
    accounts.sign_out(me)
    assert accounts.by_sign_in(here.id) is None
    me = accounts.by_sign_in(there.id)
    assert me is not None
    accounts.sign_out_everywhere(me)
    assert accounts.by_sign_in(there.id) is None


def test_a_refresh_token_that_comes_back_ends_the_sign_in(school: People) -> None:
    opened = accounts.sign_in(login="ben", password=make.PASSWORD, device=Device(SignInKind.API))
    first = opened.refresh_id
    assert first is not None
    second = accounts.refresh(opened.id, first).refresh_id
    assert second not in {None, first}
    with pytest.raises(Unauthenticated):
        accounts.refresh(opened.id, first)
    with pytest.raises(Unauthenticated):
        accounts.refresh(opened.id, second or "")
    with pytest.raises(Unauthenticated):
        accounts.refresh(uuid4(), first)


def test_the_last_admin_stays(school: People) -> None:
    for change in (
        lambda: people.set_role(OPERATOR, school.root.id, Role.STUDENT),
        lambda: people.block(OPERATOR, school.root.id),
    ):
        with pytest.raises(Conflict):
            change()
    make.person("second", Role.ADMIN)
    assert people.set_role(OPERATOR, school.root.id, Role.STUDENT).role is Role.STUDENT


def test_only_admins_and_the_operator_oversee_people(school: People) -> None:
    for actor in (school.ada, school.ben, None):
        with pytest.raises((Forbidden, Unauthenticated)):
            people.block(actor, school.eve.id)
    people.block(school.root, school.eve.id)


def test_a_new_password_signs_out_everywhere(school: People) -> None:
    opened = accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    people.reset_password(OPERATOR, school.ben.id, "a quite different phrase")
    assert accounts.by_sign_in(opened.id) is None
    with pytest.raises(Unauthenticated):
        accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    accounts.sign_in(login="ben", password="a quite different phrase", device=LAPTOP)


MEANWHILE: list[Callable[[User], object]] = [
    lambda user: people.reset_password(OPERATOR, user.id, "a quite different phrase"),
    lambda user: people.block(OPERATOR, user.id),
    lambda user: erasure.erase_for(OPERATOR, user.id),
]


@pytest.mark.parametrize("change", MEANWHILE)
def test_who_is_changed_while_a_password_is_compared_does_not_come_in(
    school: People, monkeypatch: pytest.MonkeyPatch, change: Callable[[User], object]
) -> None:
    compare = passwords.verify

    def slow(password_hash: str | None, password: str) -> bool:
        fits = compare(password_hash, password)
        monkeypatch.undo()
        change(school.ben)
        return fits

    monkeypatch.setattr(passwords, "verify", slow)
    with pytest.raises(Unauthenticated) as caught:
        accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    assert caught.value.code == "wrong_credentials"
    assert db.session.query(SignIn).count() == 0
    assert db.session.query(Activity).filter_by(kind=ActivityKind.SIGN_IN_FAILED).count() == 1


@pytest.mark.parametrize("change", MEANWHILE[:2])
def test_who_is_changed_before_a_new_account_is_let_in_does_not_come_in(
    school: People, monkeypatch: pytest.MonkeyPatch, change: Callable[[User], object]
) -> None:
    """Registering and accepting an invitation make the account first, and open the sign-in after."""
    open_it = accounts._open

    def late(user_id: UUID, *more: Any) -> SignIn:
        change(db.session.get_one(User, user_id))
        return open_it(user_id, *more)

    invite(school.ada, "noah@x.example")
    token = token_of("noah@x.example")
    new = {"full_name": "N", "password": NEW["password"], "device": LAPTOP}
    monkeypatch.setattr(accounts, "_open", late)
    with pytest.raises(Unauthenticated):
        acceptance.accept_as_new(token, username="noah", **new)
    with pytest.raises(Unauthenticated):
        profiles.register(username="mia", email="mia@x.example", role=Role.STUDENT, **new)
    assert db.session.query(SignIn).count() == 0


def test_a_sign_in_waits_for_the_reset_that_is_under_way(app: Flask, school: People, school_database: str) -> None:
    """The row is locked: whoever looks while the new password is not yet committed sees it before deciding."""
    ended, started = list[str](), Event()
    ben, old_hash = school.ben.id, school.ben.password_hash

    def come() -> None:
        with app.app_context():
            started.set()
            try:
                accounts._open(ben, LAPTOP, old_hash)
            except Unauthenticated as error:
                ended.append(error.code)
            else:
                ended.append("in")
            db.session.remove()

    @transactional
    def reset() -> None:
        user = db.session.get_one(User, ben, with_for_update=True)
        user.password_hash = "another"
        accounts.end_sign_ins(SignIn.user_id == ben)
        db.session.flush()
        thread.start()
        if school_database == "postgresql":  # on SQLite the thread cannot begin before this has ended
            assert started.wait(10)
        sleep(0.3)
        assert not ended

    thread = Thread(target=come)
    db.session.rollback()
    reset()
    thread.join(20)
    assert ended == ["wrong_credentials"]


@pytest.mark.parametrize("name", ["علی\u200cرضا کریمی", "Teacher 👩\u200d🏫"])  # noqa: RUF001 - a Persian name
def test_joiners_within_a_word_are_how_a_name_is_written(app: Flask, name: str) -> None:
    assert accounts.clean_name(name) == name


@pytest.mark.parametrize("name", ["\u200dAda", "Ada\u200c", "Ada \u200d Novak", "A\u200d\u200dda", "Ada\u202eNovak"])
def test_joiners_elsewhere_are_refused(app: Flask, name: str) -> None:
    with pytest.raises(Invalid, match="cannot be seen"):
        accounts.clean_name(name)
