"""Registering, proving an address, a forgotten password, and changing what one signs in with; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from elearn.extensions import db
from elearn.models import (
    Activity,
    ActivityKind,
    Code,
    Email,
    EmailState,
    Enrolment,
    Notification,
    PersonWord,
    Role,
    SignIn,
    SignInKind,
    User,
    address_word,
    fold,
)
from elearn.permissions import OPERATOR
from elearn.services import accounts, courses, credentials, enrolments, maintenance, people, sign_ins
from elearn.services.accounts import Device
from tests import letters, make
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")
LAPTOP = Device(
    SignInKind.BROWSER, "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
)
PASSWORD = "comets need four words"
NEW_PASSWORD = "a quite different phrase"


def register(
    username: str = "elif", email: str = "elif@school.example", role: Role = Role.STUDENT, **more: str
) -> User:
    return accounts.register(
        username=username, email=email, role=role, full_name="Elif Aydin", **({"password": PASSWORD} | more)
    )


def signed_in(user: User, device: Device = LAPTOP) -> User:
    """Return the person as a door would."""
    opened = accounts.open_for(db.session.get_one(User, user.id), device)
    found = accounts.by_sign_in(opened.id)
    assert found is not None
    return found


def lines() -> list[ActivityKind]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Activity.kind).order_by(Activity.at, Activity.id)))


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call(*args, **kwargs)
    return caught.value.code


# Registering


def test_a_newcomer_is_in_without_a_proof_and_gets_a_code(app: Flask) -> None:
    user = register()
    assert not user.is_verified
    assert letters.kinds("elif@school.example") == ["verify_email"]
    person = signed_in(user)
    assert credentials.verify_email(person, letters.code_for("elif@school.example")).is_verified
    assert lines() == [ActivityKind.REGISTERED, ActivityKind.SIGNED_IN, ActivityKind.EMAIL_VERIFIED]
    assert db.session.scalars(db.select(Activity.address)).all()[-1] == "192.0.2.7"


@pytest.mark.parametrize("typed", ["ben@school.example", "BEN@School.example", "ben@\uff53chool.example"])
def test_a_taken_address_looks_like_a_fresh_one_and_cannot_be_proved(school: People, typed: str) -> None:
    """AU-01: no account is touched, and its owner is told."""
    before = school.ben.password_hash
    user = register(email=typed)
    assert (user.email_key, user.is_verified) == ("ben@school.example", False)
    assert letters.kinds("ben@school.example") == ["email_taken"]
    assert letters.to("ben@school.example")[0].user_id == school.ben.id
    person = signed_in(user)
    for code in ("000000", "123456", letters.code_for("ben@school.example")):
        assert refusal(credentials.verify_email, person, code) in {"wrong_code", "invalid"}
    credentials.ask_for_reset(typed, "192.0.2.1")
    newest = letters.to("ben@school.example")[0]
    assert (newest.letter, newest.user_id) == ("reset_password", school.ben.id)
    credentials.reset_password(
        email=typed, code=letters.code_for("ben@school.example"), password=NEW_PASSWORD, address="192.0.2.1"
    )
    assert db.session.get_one(User, school.ben.id).password_hash != before
    accounts.sign_in(login="elif", password=PASSWORD, device=LAPTOP)


def test_two_newcomers_may_type_one_address_and_one_proves_it(app: Flask) -> None:
    first, second = signed_in(register("first")), signed_in(register("second"))
    code = letters.code_for("elif@school.example")
    assert credentials.verify_email(second, code).is_verified
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        credentials.send_verification(first)
        assert letters.kinds("elif@school.example")[0] == "email_taken"
    assert not db.session.get_one(User, first.id).is_verified


LOOK_ALIKE_NAMES = [
    " ben", "ben ", "ben\u00a0", "ben.", "-ben", "b\u200ben", "b\u00aden", "\uff42en", "b\u0435n", "ben\n", "be n",
    "b\u2003en", "ben\u202e", "ben\0", "BEN", "Ben",
]  # fmt: skip
LOOK_ALIKE_ADDRESSES = [
    " ben@school.example", "ben@school.example.", "ben.@school.example", "b\u200ben@school.example",
    "be n@school.example", "ben@school.example\n", "ben\0@school.example", "ben@sch\u00adool.example",
    "ben@school..example",
]  # fmt: skip


@pytest.mark.parametrize("username", LOOK_ALIKE_NAMES)
def test_a_username_that_looks_like_another_is_refused(school: People, username: str) -> None:
    with pytest.raises((Invalid, Conflict)) as caught:
        register(username, "other@school.example")
    assert list(caught.value.fields) == ["username"]
    assert not accounts.is_username_free(username)


@pytest.mark.parametrize("email", LOOK_ALIKE_ADDRESSES)
def test_an_address_that_looks_like_another_is_refused_or_read_as_the_same(school: People, email: str) -> None:
    """Read as the same one, it can never be proved."""
    try:
        key = register(email=email).email_key
    except Invalid as refused:
        key = ", ".join(refused.fields)
    assert key in {"email", "ben@school.example"}
    assert letters.kinds("ben@school.example") == ([] if key == "email" else ["email_taken"])


@pytest.mark.parametrize("overrides", [{"registration": "invitation"}])
def test_by_invitation_nobody_registers(overrides: dict[str, Any], app: Flask) -> None:
    assert refusal(register) == "invitation_only"
    assert db.session.query(User).count() == 0


@pytest.mark.parametrize("overrides", [{"registration": "approval"}])
def test_a_teacher_waits_for_approval_and_managers_hear_of_it_once_the_address_is_proved(
    overrides: dict[str, Any], school: People
) -> None:
    teacher, student = register("teach", role=Role.TEACHER), register("learn", "learn@school.example")
    assert (teacher.role, teacher.requested_role) == (Role.STUDENT, Role.TEACHER)
    assert (student.role, student.requested_role) == (Role.STUDENT, None)
    assert db.session.query(Notification).count() == 0
    credentials.verify_email(signed_in(teacher), letters.code_for("elif@school.example"))
    told = db.session.query(Notification).one()
    assert (told.user_id, told.data["event"], told.actor_id) == (school.root.id, "role_requested", teacher.id)


def test_people_without_a_proof_may_look_and_not_do(school: People) -> None:
    course = make.course(school.ada)
    newcomer, teacher = register(), register("teach", "teach@school.example", Role.TEACHER)
    assert courses.get(newcomer, course.id).id == course.id
    for call in (
        lambda: enrolments.enrol(newcomer, course.id),
        lambda: courses.create(teacher, title="Mine", code="MINE-1"),
    ):
        with pytest.raises(Forbidden) as caught:
            call()
        assert caught.value.code == "unverified"
        assert "Prove your email address first" in caught.value.message
    assert refusal(enrolments.add, school.ada, course.id, "elif") == "invalid"
    assert refusal(enrolments.add, school.ada, course.id, "elif@school.example") == "invalid"
    assert db.session.query(Enrolment).count() == 0


def test_nobody_is_found_by_an_address_that_they_only_typed(school: People) -> None:
    register(email="ben@school.example")
    course = make.course(school.ada)
    assert enrolments.add(school.ada, course.id, "ben@school.example").user_id == school.ben.id
    assert people.find(OPERATOR, "ben@school.example").id == school.ben.id


def test_a_mistyped_address_is_put_right(app: Flask) -> None:
    person = signed_in(register(email="elfi@school.example"))
    old = letters.code_for("elfi@school.example")
    credentials.correct_email(person, "elif@school.example")
    assert refusal(credentials.verify_email, person, old) == "wrong_code" or old == letters.code_for(
        "elif@school.example"
    )
    person = db.session.get_one(User, person.id)
    assert credentials.verify_email(person, letters.code_for("elif@school.example")).email == "elif@school.example"
    assert address_word("elif@school.example") in db.session.scalars(db.select(PersonWord.word)).all()
    assert refusal(credentials.correct_email, person, "third@school.example") == "verified"


# Signing in


def test_by_email_the_proved_account_comes_first_then_the_newest_that_fits(school: People) -> None:
    first = register("first", "ben@school.example", password="the first four words")
    second = register("second", "ben@school.example", password="the second four words")
    for password, user in (
        (make.PASSWORD, school.ben),
        ("the second four words", second),
        ("the first four words", first),
    ):
        assert accounts.sign_in(login="BEN@school.example", password=password, device=LAPTOP).user_id == user.id
    with pytest.raises(Unauthenticated):
        accounts.sign_in(login="ben@school.example", password="no such words", device=LAPTOP)


def test_failures_are_written_down_with_whom_they_concern(school: People) -> None:
    people.block(OPERATOR, school.eve.id)
    for login, password in (("ben", "wrong"), ("nobody", "wrong"), ("eve", make.PASSWORD)):
        refusal(accounts.sign_in, login=login, password=password, device=LAPTOP)
    found = db.session.execute(
        db.select(Activity.subject_name, Activity.actor_id, Activity.address, Activity.detail)
        .where(Activity.kind == ActivityKind.SIGN_IN_FAILED)
        .order_by(Activity.at, Activity.id)
    ).all()
    assert [tuple(row) for row in found] == [
        ("Ben Kowalski", None, "192.0.2.7", {"reason": "wrong"}),
        ("", None, "192.0.2.7", {"reason": "wrong"}),
        ("Eve Outsider", None, "192.0.2.7", {"reason": "blocked"}),
    ]


# A forgotten password


def test_a_code_sets_a_new_password_and_ends_every_device(school: People) -> None:
    devices = [make.sign_in(school.ben).id for _ in range(2)]
    credentials.ask_for_reset("Ben@School.example", "192.0.2.9")
    code = letters.code_for("ben@school.example")
    reset = {"email": "ben@school.example", "code": code, "address": "192.0.2.9"}
    assert refusal(credentials.reset_password, **reset, password="short") == "invalid"
    assert refusal(credentials.reset_password, **reset, password="ben@school.example") == "invalid"
    credentials.reset_password(**reset, password=NEW_PASSWORD)
    assert [accounts.by_sign_in(one) for one in devices] == [None, None]
    accounts.sign_in(login="ben", password=NEW_PASSWORD, device=LAPTOP)
    assert "password_changed" in letters.kinds("ben@school.example")
    line = db.session.query(Activity).filter_by(kind=ActivityKind.PASSWORD_RESET).one()
    assert (line.subject_id, line.address) == (school.ben.id, "192.0.2.9")
    assert refusal(credentials.reset_password, **reset, password=NEW_PASSWORD) == "wrong_code"


@pytest.mark.parametrize("who", ["nobody", "blocked", "unproved"])
def test_no_letter_goes_to_whoever_may_not_reset(school: People, who: str) -> None:
    address = {"nobody": "nobody@school.example", "blocked": "eve@school.example", "unproved": "elif@school.example"}[
        who
    ]
    people.block(OPERATOR, school.eve.id)
    register()
    before = db.session.query(Email).filter_by(state=EmailState.WAITING).count()
    credentials.ask_for_reset(address, "192.0.2.9")
    assert db.session.query(Email).filter_by(state=EmailState.WAITING).count() == before
    with pytest.raises(RateLimited):
        credentials.ask_for_reset(address, "192.0.2.9")


def test_a_new_password_ends_what_was_asked_for_before(school: People) -> None:
    ben = signed_in(school.ben)
    credentials.ask_for_email(ben, email="thief@school.example", password=make.PASSWORD)
    code = letters.code_for("thief@school.example")
    credentials.change_password(ben, old_password=make.PASSWORD, password=NEW_PASSWORD)
    assert refusal(credentials.change_email, db.session.get_one(User, ben.id), code) == "wrong_code"


# Changing the password


def test_another_password_signs_out_the_other_devices(school: People) -> None:
    before, other = make.sign_in(school.ben).id, make.sign_in(school.ben).id
    here = accounts.by_sign_in(before)
    assert here is not None
    opened = credentials.change_password(here, old_password=make.PASSWORD, password=NEW_PASSWORD)
    db.session.rollback()
    assert accounts.by_sign_in(other) is None
    assert opened.id != before
    assert accounts.by_sign_in(before) is None, "a copy of the old cookie is dead"
    assert accounts.by_sign_in(opened.id) is not None
    assert ActivityKind.PASSWORD_CHANGED in lines()
    assert "password_changed" in letters.kinds("ben@school.example")


def test_the_old_password_is_asked_for(school: People) -> None:
    ben = signed_in(school.ben)
    assert refusal(credentials.change_password, ben, old_password="wrong", password=NEW_PASSWORD) == "wrong_password"
    same = {"old_password": make.PASSWORD, "password": make.PASSWORD}
    assert refusal(credentials.change_password, ben, **same) == "invalid"
    assert refusal(credentials.ask_for_email, ben, email="new@school.example", password="wrong") == "wrong_password"
    accounts.sign_in(login="ben", password=make.PASSWORD, device=LAPTOP)
    assert db.session.query(Code).count() == 0


# Changing the address


def test_a_new_address_counts_once_it_is_proved_and_the_old_one_is_told(school: People) -> None:
    ben = signed_in(school.ben)
    credentials.ask_for_email(ben, email="ben.new@school.example", password=make.PASSWORD)
    ben = db.session.get_one(User, ben.id)
    assert ben.email == "ben@school.example"
    assert credentials.address_in_waiting(ben) == "ben.new@school.example"
    changed = credentials.change_email(ben, letters.code_for("ben.new@school.example"))
    assert (changed.email, changed.is_verified) == ("ben.new@school.example", True)
    assert letters.kinds("ben@school.example") == ["email_changed"]
    assert ActivityKind.EMAIL_CHANGED in lines()
    accounts.sign_in(login="ben.new@school.example", password=make.PASSWORD, device=LAPTOP)
    assert refusal(accounts.sign_in, login="ben@school.example", password=make.PASSWORD, device=LAPTOP)


def test_the_address_of_somebody_else_looks_the_same_and_cannot_be_taken(school: People) -> None:
    ben = signed_in(school.ben)
    credentials.ask_for_email(ben, email="Eve@school.example", password=make.PASSWORD)
    assert credentials.address_in_waiting(ben) == "Eve@school.example"
    assert letters.kinds("eve@school.example") == ["email_taken"]
    for code in ("000000", "123456"):
        assert refusal(credentials.change_email, ben, code) == "wrong_code"


def test_an_address_that_was_proved_meanwhile_cannot_be_taken(school: People) -> None:
    ben, eve = signed_in(school.ben), signed_in(school.eve)
    credentials.ask_for_email(ben, email="new@school.example", password=make.PASSWORD)
    code = letters.code_for("new@school.example")
    make.change(db.session.get_one(User, eve.id), email="new@school.example", email_key=fold("new@school.example"))
    assert refusal(credentials.change_email, db.session.get_one(User, ben.id), code) == "taken"
    assert db.session.get_one(User, ben.id).email == "ben@school.example"


def test_who_oversees_sets_the_address_of_somebody_and_the_old_one_is_told(school: People) -> None:
    ben = signed_in(school.ben)
    credentials.ask_for_email(ben, email="other@school.example", password=make.PASSWORD)
    code = letters.code_for("other@school.example")
    for actor in (school.ada, school.ben, school.eve):
        assert refusal(credentials.set_email_for, actor, school.ben.id, "new@school.example") == "forbidden"
    assert refusal(credentials.set_email_for, OPERATOR, school.ben.id, "no address") == "invalid"
    changed = credentials.set_email_for(school.root, school.ben.id, "ben.new@school.example")
    assert (changed.email, changed.email_key, changed.is_verified) == (
        "ben.new@school.example",
        "ben.new@school.example",
        True,
    )
    assert letters.kinds("ben@school.example") == ["email_changed"]
    assert lines()[-1] is ActivityKind.EMAIL_CHANGED
    line = db.session.scalars(db.select(Activity).filter_by(kind=ActivityKind.EMAIL_CHANGED)).one()
    assert (line.actor_id, line.subject_id) == (school.root.id, school.ben.id)
    told = db.session.scalars(db.select(Notification).filter_by(user_id=school.ben.id)).one()
    assert (told.data["event"], told.data["email"]) == ("email_changed", "ben.new@school.example")
    assert address_word("ben.new@school.example") in db.session.scalars(db.select(PersonWord.word)).all()
    assert refusal(credentials.change_email, db.session.get_one(User, ben.id), code) == "wrong_code"
    # Once more tells nobody.
    credentials.set_email_for(OPERATOR, school.ben.id, "ben.new@school.example")
    assert (letters.kinds("ben.new@school.example"), len(letters.kinds("ben@school.example"))) == ([], 1)


def test_an_address_that_another_has_proved_is_not_given(school: People) -> None:
    assert refusal(credentials.set_email_for, OPERATOR, school.ben.id, "EVE@school.example") == "taken"
    db.session.rollback()
    assert db.session.get_one(User, school.ben.id).email == "ben@school.example"
    assert (letters.kinds("ben@school.example"), lines()) == ([], [])
    make.person("typist", email="typed@school.example", email_verified_at=None)
    assert credentials.set_email_for(OPERATOR, school.ben.id, "typed@school.example").is_verified


def test_an_address_that_was_never_proved_is_told_nothing(school: People) -> None:
    user = make.person("elif", email="stranger@school.example", email_verified_at=None, requested_role=Role.TEACHER)
    assert credentials.set_email_for(OPERATOR, user.id, "elif@school.example").is_verified
    assert letters.kinds("stranger@school.example") == []
    assert lines() == [ActivityKind.EMAIL_CHANGED, ActivityKind.EMAIL_VERIFIED]
    assert db.session.query(Notification).filter_by(user_id=school.root.id).one().data["event"] == "role_requested"


# Devices


def test_devices_are_listed_and_ended_one_by_one(school: People) -> None:
    phone = Device(
        SignInKind.BROWSER, "192.0.2.8", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1"
    )
    for user, device in ((school.ben, phone), (school.ben, LAPTOP), (school.eve, LAPTOP)):
        signed_in(user, device)
    opened = db.session.scalars(db.select(SignIn).filter_by(user_id=school.ben.id).order_by(SignIn.id)).all()
    me = accounts.by_sign_in(opened[1].id)
    assert me is not None
    listed = sign_ins.list_for(me).items
    assert [(one.device, one.address, one.is_phone, one.is_current) for one in listed] == [
        ("Firefox on Linux", "192.0.2.7", False, True),
        ("Safari on iPhone", "192.0.2.8", True, False),
    ]
    other = db.session.scalars(db.select(SignIn.id).filter_by(user_id=school.eve.id)).one()
    for missing in (other, make.person().id):
        with pytest.raises(NotFound):
            sign_ins.end(me, missing)
    sign_ins.end(me, opened[0].id)
    with pytest.raises(NotFound):
        sign_ins.end(me, opened[0].id)
    assert accounts.by_sign_in(opened[0].id) is None
    signed_in(school.ben, phone)
    me = accounts.by_sign_in(opened[1].id)
    assert me is not None
    sign_ins.end_others(me)
    assert [one.is_current for one in sign_ins.list_for(me).items] == [True]
    assert accounts.by_sign_in(other) is not None


def test_only_those_above_see_and_end_the_devices_of_others(school: People) -> None:
    opened = make.sign_in(school.ben).id
    for actor in (school.ada, school.eve):
        assert refusal(sign_ins.list_of, actor, school.ben.id) == "forbidden"
        assert refusal(sign_ins.end_all_of, actor, school.ben.id) == "forbidden"
    assert len(sign_ins.list_of(school.root, school.ben.id).items) == 1
    other, foreign = make.sign_in(school.ben).id, make.sign_in(school.eve).id
    assert refusal(sign_ins.end_of, school.ada, school.ben.id, other) == "forbidden"
    assert refusal(sign_ins.end_of, school.root, school.ben.id, foreign) == "not_found"
    sign_ins.end_of(school.root, school.ben.id, other)
    assert [accounts.by_sign_in(one) is None for one in (opened, other, foreign)] == [False, True, False]
    line = db.session.scalars(db.select(Activity).filter_by(kind=ActivityKind.SIGNED_OUT)).one()
    assert (line.actor_id, line.subject_id) == (school.root.id, school.ben.id)
    sign_ins.end_all_of(school.root, school.ben.id)
    assert accounts.by_sign_in(opened) is None


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15",
         "Safari on Mac"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0 Safari/537.36",
         "Chrome on ChromeOS"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) CriOS/126.0 Mobile Safari/604.1", "Chrome on iPad"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
    ],
)  # fmt: skip
def test_devices_have_names_that_people_know(app: Flask, user_agent: str, name: str) -> None:
    assert sign_ins.device_name(user_agent) == name


def test_a_device_is_noted_as_used_every_five_minutes(school: People) -> None:
    opened = make.sign_in(school.ben)
    started, opened_id = opened.last_seen_at, opened.id
    with time_machine.travel(started, tick=False) as traveller:
        for minutes, seen in ((4, 0), (2, 6), (4, 6), (2, 12)):
            traveller.shift(timedelta(minutes=minutes))
            person = accounts.by_sign_in(opened_id)
            assert person is not None
            person.address = "192.0.2.99"
            sign_ins.touch(person)
            db.session.rollback()
            assert db.session.get_one(SignIn, opened_id).last_seen_at - started == timedelta(minutes=seen)
    assert db.session.get_one(SignIn, opened_id).address == "192.0.2.99"


# What keeps the house tidy


def test_accounts_that_nobody_proved_go_unless_they_did_something(school: People) -> None:
    long_ago = clock.now() - timedelta(days=8)
    old = {"email_verified_at": None, "created_at": long_ago}
    gone, stays = make.person("gone", full_name="Gone Girl", **old), make.person("stays", **old)
    make.person("proved", created_at=long_ago)
    make.person("fresh", email_verified_at=None)
    make.person("deleted", deleted_at=clock.now(), **old)
    make.enrol(stays, make.course(school.ada))
    credentials.send_verification(gone)
    accounts.open_for(db.session.get_one(User, gone.id), LAPTOP)
    maintenance.sweep()
    left = set(db.session.scalars(db.select(User.username)))
    assert left == {"ada", "ben", "eve", "root", "stays", "proved", "fresh", "deleted"}
    assert db.session.query(Code).count() == 0
    assert "Gone Girl" not in db.session.scalars(db.select(Activity.actor_name)).all()


def test_old_codes_go(school: People) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=49)):
        credentials.ask_for_reset("ben@school.example", "")
    credentials.ask_for_reset("eve@school.example", "")
    maintenance.sweep()
    assert db.session.scalars(db.select(Code.email)).all() == ["eve@school.example"]
