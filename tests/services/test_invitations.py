from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import idna
import pytest
from flask import Flask

from elearn import clock
from elearn.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, RateLimited
from elearn.extensions import db
from elearn.models import (
    Activity,
    ActivityKind,
    CourseState,
    Email,
    EmailState,
    Enrolment,
    EnrolmentState,
    Invitation,
    InvitationCourse,
    InvitationState,
    Notification,
    NotificationKind,
    Role,
    User,
)
from elearn.permissions import OPERATOR
from elearn.services import acceptance, invitation_lists, invitations
from elearn.services.invitations import OutcomeState, Wanted
from tests import make
from tests.invited import again, invitation_of, invite, letters, token_of
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")
NEW = "noah@elsewhere.example"


def count(model: Any) -> int:
    return db.session.query(model).count()


def test_an_invitation_is_a_row_and_a_letter_with_a_sealed_token(school: People) -> None:
    course = make.course(school.ada, title="Night Sky")
    outcome = invite(school.ada, f" {NEW} ", course, full_name=" Noah  Fischer ", message="Welcome!\r\nBring a pen.")
    assert (outcome.state, outcome.sentence) == (OutcomeState.INVITED, "New account and Night Sky")
    invitation = invitation_of(outcome)
    assert (invitation.email, invitation.full_name, invitation.role) == (NEW, "Noah Fischer", Role.STUDENT)
    assert timedelta(days=29, hours=23) < invitation.expires_at - clock.now() <= timedelta(days=30)
    (letter,) = letters(NEW)
    assert letter.id == invitation.email_id
    assert letter.data == {
        "inviter": "Ada Novak", "role": "student", "courses": ["Night Sky"], "message": "Welcome!\nBring a pen.",
        "days": 30,
    }  # fmt: skip
    token = token_of(NEW)
    assert len(token) >= 43  # 256 bits
    assert token not in invitation.token_hash
    assert invitation.token_hash == invitations.hash_token(token)
    assert [line.detail for line in db.session.query(Activity).filter_by(kind=ActivityKind.INVITED)] == [{"count": 1}]


def test_a_letter_goes_out_with_the_invitation_or_not_at_all(school: People) -> None:
    course = make.course(school.ada)
    ada = again(school.ada)
    with pytest.raises(Invalid):
        invitations.invite_all(ada, [Wanted(NEW, "", Role.STUDENT, (course.id,))], message="x" * 1001)
    assert (count(Invitation), count(Email), count(Activity)) == (0, 0, 0)


@pytest.mark.parametrize(
    "email", ["", "noah", "noah@", "a b@school.example", "noah@school.example\nBcc: x@y.example", "\0@x.example"]
)
def test_a_bad_address_is_refused_with_a_sentence(school: People, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        invite(school.ada, email)
    assert refused.value.fields == {"email": ["Write the whole address, such as elif@example.org"]}
    assert count(Email) == 0


def test_who_may_invite_to_which_role(school: People) -> None:
    manager = make.person(role=Role.MANAGER)
    allowed = {
        (who.username, role)
        for who in (school.ada, school.ben, manager, school.root)
        for role in Role
        if is_done(lambda who=who, role=role: invite(who, f"{who.username}-{role}@x.example", role=role))
    }
    assert allowed == {
        ("ada", Role.STUDENT),
        (manager.username, Role.STUDENT),
        (manager.username, Role.TEACHER),
        *(("root", role) for role in Role),
    }
    with pytest.raises(Forbidden, match="comes from a person"):
        invitations.invite_all(OPERATOR, [Wanted(NEW)])
    waiting = make.person(role=Role.TEACHER, email_verified_at=None)
    with pytest.raises(Forbidden):
        invite(waiting, NEW)


def is_done(work: Any) -> bool:
    try:
        work()
    except Forbidden:
        return False
    return True


def test_courses_are_ones_own_open_and_for_students(school: People) -> None:
    own, foreign = make.course(school.ada), make.course(school.root)
    draft = make.course(school.ada, title="Draft", state=CourseState.DRAFT)
    for course in (foreign, draft):
        with pytest.raises(Conflict) as refused:
            invite(school.ada, NEW, course)
        assert list(refused.value.fields) == ["courses"]
    with pytest.raises(Conflict, match="Only students enrol"):
        invite(school.root, NEW, own, role=Role.TEACHER)
    assert invite(school.root, NEW, own, foreign).state is OutcomeState.INVITED
    assert (count(Invitation), count(InvitationCourse)) == (1, 2)


def test_inviting_twice_does_nothing_twice_and_adds_new_courses(school: People) -> None:
    first, second = make.course(school.ada), make.course(school.ada)
    once = invite(school.ada, NEW, first)
    for wanted in ([first], [first], [second, first], [second]):
        outcome = invite(school.ada, NEW.upper().replace("ELSEWHERE", "elsewhere"), *wanted)
        assert (outcome.state, outcome.invitation_id) == (OutcomeState.ALREADY_INVITED, once.invitation_id)
    assert (count(Invitation), count(Email), count(InvitationCourse)) == (1, 1, 2)
    with pytest.raises(Conflict, match="another role"):
        invite_as_teacher(school)
    # Somebody else's invitation to the same address is their own.
    assert invite(school.root, NEW).state is OutcomeState.INVITED


def invite_as_teacher(school: People) -> None:
    make.change(again(school.ada), role=Role.MANAGER)
    invite(school.ada, NEW, role=Role.TEACHER)


@pytest.mark.parametrize("domain", ["bücher.example", "straße.example"])
def test_a_machine_with_letters_of_its_own_is_the_same_in_both_spellings(school: People, domain: str) -> None:
    spellings = [f"noah@{domain}", f"Noah@{idna.encode(domain).decode()}"]
    for number in range(4):
        outcome = invite(school.ada, spellings[number % 2])
        assert invite(school.ada, spellings[1]).state is OutcomeState.ALREADY_INVITED
        invitations.revoke(again(school.ada), outcome.invitation_id)  # type: ignore[arg-type]
    for spelling in spellings:
        with pytest.raises(RateLimited):
            invite(school.ada, spelling)


def test_an_invitation_that_has_run_out_is_made_good_by_inviting_again(school: People) -> None:
    first, second = make.course(school.ada), make.course(school.ada)
    outcome = invite(school.ada, NEW, first)
    dead = token_of(NEW)
    make.change(invitation_of(outcome), expires_at=clock.now() - timedelta(seconds=1))
    renewed = invite(school.ada, NEW, second)
    assert (renewed.state, renewed.invitation_id) == (OutcomeState.INVITED, outcome.invitation_id)
    assert acceptance.look(token_of(NEW)).courses == [again(second).title]
    with pytest.raises(NotFound):
        acceptance.look(dead)


def test_somebody_with_an_account_is_enrolled_at_once_and_told(school: People) -> None:
    course = make.course(school.ada)
    outcome = invite(school.ada, "BEN@school.example", course)
    assert outcome.state is OutcomeState.ENROLLED
    assert outcome.sentence == f"Has an account as Ben Kowalski, joins {again(course).title}"
    assert db.session.get_one(Enrolment, (course.id, school.ben.id)).is_active
    assert (count(Invitation), letters("ben@school.example")) == (0, [])
    assert [
        told.user_id for told in db.session.query(Notification).filter_by(kind=NotificationKind.ADDED_TO_COURSE)
    ] == [school.ben.id]
    # Once more tells nobody.
    assert invite(school.ada, "ben@school.example", course).sentence.endswith("already")
    assert (count(Notification), db.session.query(Activity).filter_by(kind=ActivityKind.ADDED).count()) == (1, 1)
    # Without a course nothing is left to do.
    assert "Has an account already" in invite(school.ada, "ben@school.example").sentence


def test_who_is_blocked_stays_out(school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course, EnrolmentState.BLOCKED)
    make.change(again(school.eve), blocked_at=clock.now())
    for email in ("ben@school.example", "eve@school.example"):
        with pytest.raises(Conflict, match=r"[Bb]locked"):
            invite(school.ada, email, course)
    assert (count(Invitation), count(Email)) == (0, 0)
    assert db.session.get_one(Enrolment, (course.id, school.ben.id)).is_blocked


def test_an_address_that_somebody_only_typed_is_invited_like_any_other(school: People) -> None:
    make.person("typist", email=NEW, email_verified_at=None)
    assert invite(school.ada, NEW).state is OutcomeState.INVITED


def test_checking_says_the_same_and_changes_nothing(school: People) -> None:
    course = make.course(school.ada)
    invite(school.ada, "waits@x.example", course)
    wanted = [
        Wanted(NEW, "Noah", Role.STUDENT, (course.id,)),
        Wanted(NEW, "Noah", Role.STUDENT, (course.id,)),
        Wanted("waits@x.example"),
        Wanted("ben@school.example", "", Role.STUDENT, (course.id,)),
        Wanted("nobody"),
        Wanted("x@x.example", "", Role.TEACHER),
        Wanted("y@x.example", "\u202eevil"),
    ]
    before = (count(Invitation), count(Email), count(Activity), count(Enrolment))
    checked = invitations.check_all(again(school.ada), wanted)
    db.session.commit()
    assert (count(Invitation), count(Email), count(Activity), count(Enrolment)) == before
    assert [outcome.state.value for outcome in checked] == [
        "invited", "already_invited", "already_invited", "enrolled", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [outcome.field for outcome in checked[4:]] == ["email", "role", "full_name"]
    done = invitations.invite_all(again(school.ada), wanted)
    assert [(one.state, one.sentence, one.field) for one in done] == [
        (one.state, one.sentence, one.field) for one in checked
    ]


def test_a_list_costs_the_same_for_one_and_for_many(school: People) -> None:
    course = make.course(school.ada)

    def cost(name: str, size: int) -> int:
        for number in range(2):
            make.person(f"{name}{number}")
        wanted = [Wanted(f"{name}-{number}@x.example", "Name", Role.STUDENT, (course.id,)) for number in range(size)]
        wanted += [Wanted(f"{name}{number}@school.example", "", Role.STUDENT, (course.id,)) for number in range(2)]
        ada = again(school.ada)
        with counted() as statements:
            outcomes = invitations.invite_all(ada, wanted)
        assert {outcome.state.value for outcome in outcomes} == {"invited", "enrolled"}
        return len(statements)

    assert cost("few", 2) == cost("many", 300)


@pytest.mark.parametrize("overrides", [{"invitation_limit": "3/day", "invitation_limit_staff": "5/day"}])
def test_a_teacher_sends_so_many_a_day_however_they_are_sent(overrides: dict[str, str], school: People) -> None:
    assert overrides
    assert invite(school.ada, "one@x.example").state is OutcomeState.INVITED
    invitations.delete(again(school.ada), db.session.query(Invitation).one().id)  # gives none back
    states = [
        o.state.value for o in invitations.invite_all(again(school.ada), [Wanted(f"{n}@x.example") for n in "abcd"])
    ]
    assert states == ["invited", "invited", "refused", "refused"]
    with pytest.raises(RateLimited):
        invitations.resend(again(school.ada), db.session.query(Invitation).first().id)  # type: ignore[union-attr]
    with pytest.raises(RateLimited, match="one day") as refused:
        invite(school.ada, "one-more@x.example")
    assert refused.value.data["retry_after"] > 0
    # Those who oversee people have a limit of their own, which is larger.
    states = [
        o.state.value for o in invitations.invite_all(again(school.root), [Wanted(f"{n}@x.example") for n in "abcdef"])
    ]
    assert states == ["invited"] * 5 + ["refused"]
    with pytest.raises(RateLimited):
        invite(school.root, "one-more@x.example")


def test_one_address_gets_so_many_invitations_however_they_are_made(
    school: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        outcome = invite(school.ada, [NEW, NEW.upper()][number % 2])
        end = invitations.revoke if number % 2 else invitations.delete
        end(again(school.ada), outcome.invitation_id)  # type: ignore[arg-type]
    for who in (school.ada, school.root):
        with pytest.raises(RateLimited, match="several") as refused:
            invite(who, NEW)
        assert 3500 < refused.value.data["retry_after"] <= 3600
    came = invitations.invite_all(again(school.ada), [Wanted(NEW), Wanted("other@elsewhere.example")])
    assert [(one.state.value, one.field) for one in came] == [("refused", "email"), ("invited", "")]
    assert len([letter for letter in db.session.query(Email) if letter.to_email.lower() == NEW]) == 4
    begin = clock.now()
    for hours, allowed in ((2, 4), (4, 2), (6, 0), (26, 1)):
        monkeypatch.setattr(clock, "now", lambda hours=hours: begin + timedelta(hours=hours))
        for _ in range(allowed):
            gone = invite(school.root, NEW).invitation_id
            invitations.delete(again(school.root), gone)  # type: ignore[arg-type]
        if hours < 24:
            with pytest.raises(RateLimited):
                invite(school.root, NEW)


def test_sending_again_ends_the_old_link_and_keeps_back_its_letter(school: People) -> None:
    outcome = invite(school.ada, NEW)
    old = token_of(NEW)
    make.change(invitation_of(outcome), expires_at=clock.now() - timedelta(days=1))
    sent = invitations.resend(again(school.ada), outcome.invitation_id)  # type: ignore[arg-type]
    assert sent.state(clock.now()) is InvitationState.WAITING
    assert [(one.state, one.secret is None) for one in letters(NEW)] == [
        (EmailState.DROPPED, True),
        (EmailState.WAITING, False),
    ]
    assert acceptance.look(token_of(NEW)).email == NEW
    with pytest.raises(NotFound):
        acceptance.look(old)
    for _ in range(2):
        invitations.resend(again(school.ada), outcome.invitation_id)  # type: ignore[arg-type]
    with pytest.raises(RateLimited, match="several invitations"):
        invitations.resend(again(school.ada), outcome.invitation_id)  # type: ignore[arg-type]
    assert len(letters(NEW)) == 4


def test_revoking_and_deleting_end_the_link_and_keep_back_the_letter(school: People) -> None:
    revoked, deleted = invite(school.ada, NEW), invite(school.ada, "other@x.example")
    tokens = [token_of(NEW), token_of("other@x.example")]
    for _ in range(2):  # once more changes nothing
        invitations.revoke(again(school.ada), revoked.invitation_id)  # type: ignore[arg-type]
    assert invitations.delete(again(school.ada), deleted.invitation_id) == "other@x.example"  # type: ignore[arg-type]
    for token, refusal in zip(tokens, ("revoked", "unknown_invitation"), strict=True):
        with pytest.raises(DomainError) as over:
            acceptance.look(token)
        assert over.value.code == refusal
    assert {letter.state for letter in db.session.query(Email)} == {EmailState.DROPPED}
    with pytest.raises(Conflict):
        invitations.resend(again(school.ada), revoked.invitation_id)  # type: ignore[arg-type]
    kinds = [line.detail for line in db.session.query(Activity).filter_by(kind=ActivityKind.INVITATION_REVOKED)]
    assert kinds == [{}, {"deleted": True}]
    # A revoked one makes room for a new one.
    assert invite(school.ada, NEW).state is OutcomeState.INVITED


def test_the_list_shows_what_happened_to_each_and_whose_they_are(school: People) -> None:
    manager, other = make.person(role=Role.MANAGER), make.person(role=Role.TEACHER)
    invite(school.ada, "a@x.example", full_name="Anna Abel")
    invite(other, "b@x.example")
    invite(school.root, "c@x.example", role=Role.MANAGER)
    gone = invite(school.ada, "d@x.example")
    invitations.revoke(again(school.ada), gone.invitation_id)  # type: ignore[arg-type]
    late = invite(school.ada, "e@x.example")
    make.change(invitation_of(late), expires_at=clock.now())
    make.change(letters("a@x.example")[0], state=EmailState.FAILED, error="550 no such mailbox")

    def seen(who: User, **more: Any) -> list[str]:
        return [card.email[0] for card in invitation_lists.list_for(again(who), **more).items]

    assert seen(school.ada) == ["e", "d", "a"]
    assert seen(other) == ["b"]
    assert seen(manager) == ["e", "d", "b", "a"]  # not what leads to their own role
    assert seen(school.root) == ["e", "d", "c", "b", "a"]
    assert seen(school.ada, q="ABEL anna") == ["a"]
    assert seen(school.ada, q="nobody") == []
    assert seen(school.ada, state=InvitationState.EXPIRED) == ["e"]
    assert seen(school.ada, state=InvitationState.REVOKED) == ["d"]
    assert seen(school.ada, state=InvitationState.WAITING) == ["a"]
    assert list(invitation_lists.counts(again(school.ada)).values()) == [1, 0, 1, 1]
    failed = invitation_lists.list_for(again(school.ada), q="a@x").items[0]
    assert (failed.has_failed, failed.problem, failed.is_own) == (True, "550 no such mailbox", True)
    with pytest.raises(Forbidden):
        invitation_lists.list_for(again(school.ben))


def test_nobody_touches_what_is_not_theirs(school: People) -> None:
    outcome = invite(school.root, NEW, role=Role.MANAGER)
    manager, other = make.person(role=Role.MANAGER), make.person(role=Role.TEACHER)
    for who in (manager, other, school.ada, school.ben):
        for work in (invitations.resend, invitations.revoke, invitations.delete, invitation_lists.get):
            with pytest.raises(NotFound):
                work(again(who), outcome.invitation_id)  # type: ignore[operator]
    assert invitation_of(outcome).state(clock.now()) is InvitationState.WAITING
    assert len(letters(NEW)) == 1


def test_the_same_list_twice_at_once_sends_each_letter_once(app: Flask, school: People) -> None:
    ada_id, course_id = school.ada.id, make.course(school.ada).id
    wanted = [Wanted(f"{number}@x.example", "", Role.STUDENT, (course_id,)) for number in range(30)]
    start = Barrier(4)
    ends: list[object] = []

    def run() -> None:
        with app.app_context():
            start.wait(20)
            try:
                ends.append(sum(o.state is OutcomeState.INVITED for o in invite_as(ada_id, wanted)))
            except DomainError as error:
                ends.append(error)

    threads = [Thread(target=run) for _ in range(4)]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends, key=str) == [0, 0, 0, 30]
    assert (count(Invitation), count(Email)) == (30, 30)


def invite_as(user_id: Any, wanted: list[Wanted]) -> list[invitations.Outcome]:
    return invitations.invite_all(db.session.get_one(User, user_id), wanted)
