from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from uuid import UUID

import pytest
from flask import Flask

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.models import (
    Activity,
    ActivityKind,
    CourseState,
    Enrolment,
    EnrolmentState,
    Invitation,
    Notification,
    NotificationKind,
    PersonWord,
    Role,
    SignIn,
    SignInKind,
    User,
)
from elearn.services import acceptance, accounts, invitations
from elearn.services.acceptance import Accepted
from elearn.services.accounts import Device
from tests import make
from tests.invited import again, invitation_of, invite, token_of
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")
NEW = "noah@elsewhere.example"
DEVICE = Device(SignInKind.BROWSER, "192.0.2.7", "A browser")


def accept_new(token: str, username: str = "noah", **more: str) -> tuple[SignIn, Accepted]:
    values = {"full_name": "Noah Fischer", "password": make.PASSWORD} | more
    return acceptance.accept_as_new(token, username=username, device=DEVICE, **values)


def kinds() -> list[ActivityKind]:
    return [line.kind for line in db.session.query(Activity).order_by(Activity.at, Activity.id)]


def test_the_link_shows_who_invites_to_what(school: People) -> None:
    course = make.course(school.ada, title="Night Sky")
    invite(school.ada, NEW, course, full_name="Noah", message="Welcome")
    offer = acceptance.look(token_of(NEW))
    assert (offer.inviter, offer.role, offer.courses, offer.message, offer.full_name, offer.has_account) == (
        "Ada Novak", Role.STUDENT, ["Night Sky"], "Welcome", "Noah", False,
    )  # fmt: skip


def test_accepting_makes_the_account_enrols_signs_in_and_tells_the_inviter(school: People) -> None:
    courses = [make.course(school.ada), make.course(school.ada)]
    outcome = invite(school.ada, NEW, *courses)
    opened, accepted = accept_new(token_of(NEW), time_zone="Europe/Berlin")
    noah = db.session.get_one(User, accepted.user_id)
    assert (noah.username, noah.email, noah.role, noah.is_verified, noah.time_zone) == (
        "noah", NEW, Role.STUDENT, True, "Europe/Berlin",
    )  # fmt: skip
    assert opened.user_id == noah.id
    assert opened.is_open(clock.now())
    assert set(accepted.entered) == {course.id for course in courses}
    assert accepted.closed == []
    assert db.session.query(Enrolment).filter_by(user_id=noah.id, state=EnrolmentState.ACTIVE).count() == 2
    invitation = invitation_of(outcome)
    assert invitation.accepted_by_id == noah.id
    told = db.session.query(Notification).filter_by(user_id=school.ada.id)
    assert {one.kind for one in told} == {NotificationKind.INVITATION_ACCEPTED, NotificationKind.STUDENT_ENROLLED}
    assert {ActivityKind.ACCOUNT_CREATED, ActivityKind.ENROLLED, ActivityKind.INVITATION_ACCEPTED} <= set(kinds())
    assert accounts.sign_in(login=NEW, password=make.PASSWORD, device=DEVICE).user.id == noah.id


def test_a_link_works_once(school: People) -> None:
    invite(school.ada, NEW)
    token = token_of(NEW)
    accept_new(token)
    for work in (lambda: acceptance.look(token), lambda: accept_new(token, "noah2")):
        with pytest.raises(Conflict, match="has been used") as used:
            work()
        assert used.value.code == "accepted"
    assert db.session.query(User).filter_by(email=NEW).count() == 1


def test_dead_links_say_why_and_let_nobody_in(school: People) -> None:
    outcome = invite(school.ada, NEW)
    token, row = token_of(NEW), invitation_of(outcome)
    dead = {
        "expired": {"expires_at": clock.now()},
        "revoked": {"expires_at": clock.now() + timedelta(days=1), "revoked_at": clock.now()},
    }
    for code, values in dead.items():
        make.change(row, **values)
        with pytest.raises(Conflict, match="Ask") as over:
            accept_new(token)
        assert over.value.code == code
    for forged in ("", token[:-1], token + "A", "x" * 5000, "\udcff", "' or 1=1"):
        with pytest.raises(NotFound):
            acceptance.look(forged)
        with pytest.raises(NotFound):
            acceptance.accept(again(school.ben), forged)
    assert db.session.query(User).count() == 4


def test_what_the_inviter_may_no_longer_give_does_not_count(school: People) -> None:
    kept, lost, draft = (make.course(school.ada, title=title) for title in ("Kept", "Lost", "Draft"))
    invite(school.ada, NEW, kept, lost, draft)
    make.change(again(lost), teacher_id=school.root.id)
    make.change(again(draft), state=CourseState.DRAFT)
    assert acceptance.look(token_of(NEW)).courses == ["Kept"]
    _opened, accepted = accept_new(token_of(NEW))
    assert (accepted.entered, accepted.closed) == ([kept.id], ["Draft", "Lost"])
    invite(school.ada, "other@x.example")
    make.change(again(school.ada), blocked_at=clock.now())
    with pytest.raises(Conflict) as void:
        acceptance.look(token_of("other@x.example"))
    assert void.value.code == "void"


def test_a_deleted_course_leaves_the_invitation(school: People) -> None:
    course = make.course(school.ada)
    invite(school.ada, NEW, course)
    db.session.delete(again(course))
    db.session.commit()
    assert accept_new(token_of(NEW))[1].entered == []


def test_all_that_is_wrong_is_told_at_once_and_the_link_stays_good(school: People) -> None:
    invite(school.ada, NEW)
    with pytest.raises(Invalid) as refused:
        accept_new(token_of(NEW), username="-", full_name="", password="short")
    assert set(refused.value.fields) == {"username", "full_name", "password"}
    with pytest.raises(Conflict) as taken:
        accept_new(token_of(NEW), username="BEN")
    assert set(taken.value.fields) == {"username"}
    with pytest.raises(Invalid, match="easy to guess"):
        accept_new(token_of(NEW), password=NEW)
    assert db.session.query(Invitation).one().accepted_at is None
    accept_new(token_of(NEW))


def test_somebody_who_proved_the_address_meanwhile_accepts_with_their_account(school: People) -> None:
    course = make.course(school.ada)
    invite(school.ada, NEW, course)
    token = token_of(NEW)
    owner = make.person("owner", email=NEW)
    assert acceptance.look(token).has_account
    with pytest.raises(Conflict) as there:
        accept_new(token)
    assert there.value.code == "has_account"
    accepted = acceptance.accept(again(owner), token)
    assert (accepted.user_id, accepted.entered) == (owner.id, [course.id])
    assert db.session.query(User).filter_by(email=NEW).count() == 1


def test_only_the_invited_address_accepts(school: People) -> None:
    course = make.course(school.ada)
    invite(school.ada, NEW, course)
    with pytest.raises(Forbidden, match="another address"):
        acceptance.accept(again(school.eve), token_of(NEW))
    assert db.session.get(Enrolment, (course.id, school.eve.id)) is None
    assert db.session.query(Invitation).one().accepted_at is None


def test_the_link_proves_an_address_that_was_only_typed(school: People) -> None:
    course = make.course(school.ada)
    typist = make.person("typist", email=NEW, email_verified_at=None)
    invite(school.ada, NEW, course)
    assert not acceptance.look(token_of(NEW)).has_account
    assert acceptance.accept(again(typist), token_of(NEW)).entered == [course.id]
    assert again(typist).is_verified
    assert ActivityKind.EMAIL_VERIFIED in kinds()


def test_the_link_proves_the_invited_address_and_none_that_is_compared_as_the_same(school: People) -> None:
    invited, typed = "typist@straße.example", "typist@strasse.example"
    typist = make.person("typist", email=typed, email_verified_at=None)
    invite(school.ada, invited)
    acceptance.accept(again(typist), token_of(invited))
    typist = again(typist)
    assert (typist.email, typist.is_verified) == (invited, True)
    words = db.session.query(PersonWord.word).filter_by(user_id=typist.id)
    assert {word for (word,) in words} == typist.search_words
    # Whoever proved their address before keeps it: the link adds nothing to that.
    owner = make.person("owner", email="owner@gauss.example")
    make.change(owner, email_verified_at=None)
    invite(school.ada, "owner@gauß.example")
    make.change(again(owner), email_verified_at=clock.now())
    acceptance.accept(again(owner), token_of("owner@gauß.example"))
    assert again(owner).email == "owner@gauss.example"


def test_a_block_in_the_course_stays(school: People) -> None:
    course = make.course(school.ada, title="Closed")
    invite(school.ada, NEW, course)
    late = make.person("late", email=NEW)
    make.enrol(late, course, EnrolmentState.BLOCKED)
    accepted = acceptance.accept(again(late), token_of(NEW))
    assert (accepted.entered, accepted.closed) == ([], ["Closed"])
    assert db.session.get_one(Enrolment, (course.id, late.id)).is_blocked


def test_a_role_rises_within_the_rules_and_never_falls(school: People) -> None:
    manager = make.person(role=Role.MANAGER)
    invite(manager, "ben@school.example", role=Role.TEACHER)
    other, here = make.sign_in(school.ben).id, make.sign_in(school.ben).id
    ben = accounts.by_sign_in(here)
    assert ben is not None
    renewed = acceptance.accept(ben, token_of("ben@school.example")).renewed
    assert again(school.ben).role is Role.TEACHER
    assert ActivityKind.ROLE_CHANGED in kinds()
    assert (accounts.by_sign_in(other), accounts.by_sign_in(here)) == (None, None), "who came before, came as a student"
    assert renewed is not None
    assert accounts.by_sign_in(renewed.id) is not None
    # Somebody who rose in another way keeps what they have.
    invite(school.root, "eve@school.example", role=Role.TEACHER)
    make.change(again(school.eve), role=Role.MANAGER)
    assert acceptance.accept(again(school.eve), token_of("eve@school.example")).renewed is None
    assert again(school.eve).role is Role.MANAGER


def test_an_invitation_of_somebody_who_fell_raises_nobody(school: People) -> None:
    manager = make.person(role=Role.MANAGER)
    invite(manager, "ben@school.example", role=Role.TEACHER)
    make.change(again(manager), role=Role.TEACHER)
    with pytest.raises(Conflict) as void:
        acceptance.accept(again(school.ben), token_of("ben@school.example"))
    assert void.value.code == "void"
    assert again(school.ben).role is Role.STUDENT


def at_once(app: Flask, works: list[Callable[[], object]]) -> list[str]:
    """Run all at the same moment, each in a thread with a session of its own, and say how they ended."""
    start, ends = Barrier(len(works)), list[str]()

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(20)
            try:
                work()
                ends.append("done")
            except DomainError as error:
                ends.append(error.code)

    threads = [Thread(target=run, args=(work,)) for work in works]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(ends)


def test_accepts_at_once_make_one_account(app: Flask, school: People) -> None:
    for number in range(3):
        email = f"noah{number}@x.example"
        invite(school.ada, email)
        token = token_of(email)
        names = [f"noah{number}{letter}" for letter in "abbc"]
        ends = at_once(app, [partial(accept_new, token, name) for name in names])
        # The one who comes with the name of the winner may hear of that first.
        assert ends.count("done") == 1
        assert set(ends) <= {"done", "accepted", "taken"}
        assert db.session.query(User).filter_by(email=email).count() == 1


def test_two_invitations_of_one_address_accepted_at_once_make_one_account(app: Flask, school: People) -> None:
    tokens = []
    for inviter in (school.ada, school.root):
        invite(inviter, NEW)
        tokens.append(token_of(NEW))
    ends = at_once(
        app, [partial(accept_new, token, name) for token, name in zip(tokens, ("noah", "fischer"), strict=True)]
    )
    assert ends in (["done", "has_account"], ["done", "taken"])
    assert db.session.query(User).filter_by(email=NEW).count() == 1


def test_accepting_with_ones_account_at_once_counts_once(app: Flask, school: People) -> None:
    course = make.course(school.ada)
    invite(school.ada, NEW, course)
    token, owner, ada = token_of(NEW), make.person("owner", email=NEW).id, school.ada.id
    ends = at_once(app, [lambda: acceptance.accept(db.session.get_one(User, owner), token)] * 4)
    assert ends == ["accepted"] * 3 + ["done"]
    db.session.rollback()
    assert db.session.query(Enrolment).filter_by(user_id=owner).count() == 1
    assert kinds().count(ActivityKind.INVITATION_ACCEPTED) == 1
    told = db.session.query(Notification).filter_by(user_id=ada, kind=NotificationKind.INVITATION_ACCEPTED)
    assert told.count() == 1


def test_revoking_and_accepting_at_once_end_in_one_of_both(app: Flask, school: People) -> None:
    outcome = invite(school.ada, NEW)
    token, ada_id, invitation_id = token_of(NEW), school.ada.id, UUID(str(outcome.invitation_id))

    def revoke() -> None:
        invitations.revoke(db.session.get_one(User, ada_id), invitation_id)

    ends = at_once(app, [partial(accept_new, token), revoke])
    assert ends in (["accepted", "done"], ["done", "revoked"])
    assert db.session.query(User).filter_by(email=NEW).count() == ends.count("accepted")
