from uuid import uuid4

import pytest
from flask import Flask

from elearn.errors import Conflict, Forbidden, Invalid, Unauthenticated
from elearn.extensions import db
from elearn.integrations import mailer
from elearn.integrations.mailer import PermanentError
from elearn.models import Role, SignInKind, User
from elearn.permissions import OPERATOR
from elearn.services import accounts, people
from elearn.services.accounts import Device
from tests import make
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
