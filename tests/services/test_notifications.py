"""What people are told: in the transaction of what happened, as each wants it, and only while they may see it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask, request

from elearn import clock
from elearn.emails import render
from elearn.errors import Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import realtime
from elearn.languages import in_language
from elearn.models import (
    Course,
    CourseState,
    Email,
    EmailChoice,
    EnrolmentState,
    Notice,
    Notification,
    NotificationKind,
    Role,
    User,
)
from elearn.services import courses, enrolments, notices, notification_preferences, notifications
from elearn.services import notification_centre as centre
from elearn.services.notification_kinds import ACCOUNT_EVENTS, KINDS, Facts, Group, kinds_for, path, sentence
from elearn.services.notification_preferences import Wish
from elearn.transaction import transactional
from tests import make
from tests.people import People
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("school_database")
Kind = NotificationKind
DUE = "2026-11-30T18:00:00+00:00"


@pytest.fixture
def course(school: People) -> Course:
    return make.course(school.ada, title="The Night Sky")


@transactional
def notify(kind: Kind, people: list[UUID], **more: Any) -> None:
    notifications.notify(kind, people, **more)


def told(user: User) -> list[tuple[Kind, str]]:
    return [(card.kind, card.text) for card in centre.list_for(user).items]


def emails(user: User) -> list[Email]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Email).filter_by(user_id=user.id).order_by(Email.id)))


# What is told, and to whom


def test_the_teacher_learns_of_coming_and_leaving(school: People, course: Course) -> None:
    enrolments.enrol(school.ben, course.id)
    enrolments.enrol(school.ben, course.id)
    enrolments.leave(school.ben, course.id)
    enrolments.leave(school.ben, course.id)
    enrolments.enrol(school.ben, course.id)
    assert told(school.ada) == [
        (Kind.STUDENT_ENROLLED, "Ben Kowalski enrolled in The Night Sky"),
        (Kind.STUDENT_LEFT, "Ben Kowalski left The Night Sky"),
        (Kind.STUDENT_ENROLLED, "Ben Kowalski enrolled in The Night Sky"),
    ]
    assert told(school.ben) == []
    assert centre.list_for(school.ada).items[0].path == f"/courses/{course.id}/people"


def test_the_student_learns_of_what_others_did(school: People, course: Course) -> None:
    for _ in range(2):
        enrolments.add(school.ada, course.id, "ben")
    assert told(school.ben) == [(Kind.ADDED_TO_COURSE, "Ada Novak added you to The Night Sky")]
    for _ in range(2):
        enrolments.remove(school.ada, course.id, school.ben.id)
    # Who is out sees nothing of the course any more, but that they are out.
    assert told(school.ben) == [(Kind.REMOVED_FROM_COURSE, "You were removed from The Night Sky")]
    for _ in range(2):
        enrolments.block(school.ada, course.id, school.ben.id, "a canary")
    enrolments.unblock(school.ada, course.id, school.ben.id)
    assert [kind for kind, _ in told(school.ben)] == [Kind.BLOCKED_IN_COURSE, Kind.REMOVED_FROM_COURSE]
    assert "canary" not in str([(row.data, row.kind) for row in db.session.scalars(db.select(Notification))])
    assert told(school.ada) == []


def test_who_is_in_a_course_that_is_deleted_learns_of_it(school: People, course: Course) -> None:
    make.enrol(school.ben, course)
    make.enrol(school.eve, course, EnrolmentState.LEFT)
    courses.delete(school.ada, course.id)
    assert told(school.ben) == [(Kind.COURSE_DELETED, "The Night Sky was deleted")]
    assert (told(school.eve), told(school.ada)) == ([], [])


def test_what_is_refused_tells_nobody(school: People, course: Course) -> None:
    make.enrol(school.eve, course, EnrolmentState.BLOCKED)
    with pytest.raises(Exception, match="cannot enrol"):
        enrolments.enrol(school.eve, course.id)

    @transactional
    def enrol_and_fail() -> None:
        enrolments.enrol(school.ben, course.id)
        raise NotFound

    with pytest.raises(NotFound):
        enrol_and_fail()
    assert told(school.ada) == []
    assert emails(school.ada) == []


def test_who_is_blocked_or_gone_gets_nothing(school: People) -> None:
    blocked = make.person(blocked_at=clock.now())
    gone = make.person(deleted_at=clock.now())
    notify(Kind.DEADLINE_NEAR, [blocked.id, gone.id, school.ben.id, uuid4()], title="Essay", due=DUE)
    assert {row.user_id for row in db.session.scalars(db.select(Notification))} == {school.ben.id}
    assert {row.user_id for row in db.session.scalars(db.select(Email))} == {school.ben.id}


def test_one_is_told_once_and_never_of_what_one_did(school: People) -> None:
    notify(Kind.HANDED_IN, [school.ada.id, school.ben.id, school.ada.id], actor=school.ben, title="Essay")
    assert [told(user) for user in (school.ada, school.ben)] == [[(Kind.HANDED_IN, "Ben Kowalski handed in Essay")], []]


# The kinds

SENTENCES = {
    Kind.STUDENT_ENROLLED: "Ada Novak enrolled in The Night Sky",
    Kind.STUDENT_LEFT: "Ada Novak left The Night Sky",
    Kind.BLOCKED_IN_COURSE: "You are blocked in The Night Sky. Speak to its teacher",
    Kind.REMOVED_FROM_COURSE: "You were removed from The Night Sky",
    Kind.ADDED_TO_COURSE: "Ada Novak added you to The Night Sky",
    Kind.NEW_MATERIAL: "New in The Night Sky: Star charts",
    Kind.NEW_REVIEW: "Ada Novak reviewed The Night Sky",
    Kind.HANDED_IN: "Ada Novak handed in Star charts",
    Kind.DEADLINE_SET: "Star charts in The Night Sky is due on Monday 30 November, 19:00",
    Kind.DEADLINE_NEAR: "Star charts is due soon: Monday 30 November, 19:00",
    Kind.COURSE_DELETED: "The Night Sky was deleted",
    Kind.RESULT_PUBLISHED: "Your result of Star charts in The Night Sky is there",
    Kind.INVITATION_ACCEPTED: "Ada Novak accepted your invitation",
    Kind.ACCOUNT: "Your role is now: teacher",
}
DATA = {"title": "Star charts", "due": DUE, "course_title": "The Night Sky", "event": "role_changed", "role": "teacher"}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_words_and_a_way(app: Flask, school: People, course: Course, kind: Kind) -> None:
    make.change(school.ben, time_zone="Europe/Warsaw")
    make.enrol(school.ben, course)
    notify(kind, [school.ben.id], actor=school.ada, course=course, **DATA)
    card = centre.list_for(school.ben).items[0]
    assert (card.kind, card.text) == (kind, SENTENCES[kind])
    with app.test_request_context(card.path):
        assert kind is Kind.INVITATION_ACCEPTED or request.endpoint
    assert str(KINDS[kind].label)


def test_every_event_of_an_account_has_its_words(app: Flask) -> None:
    for event in ACCOUNT_EVENTS:
        assert sentence(Kind.ACCOUNT, Facts({"event": event, "role": "teacher", "title": "x.csv"}))
    assert sentence(Kind.ACCOUNT, Facts({"event": "unknown"})) == "Something about your account changed"


def test_it_leads_only_into_the_school(app: Flask) -> None:
    for named in ("https://evil.example/", "//evil.example", "/\\evil.example", 7, None):
        assert path(Kind.ACCOUNT, Facts({"path": named})) == "/you"
    assert path(Kind.ACCOUNT, Facts({"path": "/you/export"})) == "/you/export"


def test_who_did_it_goes_with_their_name(school: People, course: Course) -> None:
    """The name is not kept: what becomes of the account becomes of the sentence."""
    enrolments.enrol(school.ben, course.id)
    make.change(school.ben, full_name="Somebody Else")
    assert told(school.ada) == [(Kind.STUDENT_ENROLLED, "Somebody Else enrolled in The Night Sky")]


def test_each_reads_it_in_their_own_language(school: People, course: Course) -> None:
    make.change(school.ben, language="de")
    pushed: list[Any] = []
    make.enrol(school.ben, course)
    notify(Kind.ADDED_TO_COURSE, [school.ben.id], actor=school.ada, course=course)
    pushed = centre.pushes([school.ben.id], centre.first_id_of(clock.now() - timedelta(minutes=1)))
    with in_language("de"):
        expected = sentence(Kind.ADDED_TO_COURSE, Facts({}, "Ada Novak", "The Night Sky", course.id))
    assert [push.payload["message"] for push in pushed] == [expected]
    assert emails(school.ben)[0].data["text"] == expected
    assert emails(school.ben)[0].language == "de"


# How each wants it


def test_what_somebody_wants_decides(school: People, course: Course) -> None:
    people = [make.person() for _ in range(5)]
    choices = [
        None,
        (True, EmailChoice.OFF),
        (False, EmailChoice.NOW),
        (False, EmailChoice.DIGEST),
        (False, EmailChoice.OFF),
    ]
    for person, choice in zip(people, choices, strict=True):
        make.enrol(person, course)
        if choice:
            notification_preferences.choose(person, {Kind.NEW_MATERIAL: Wish(*choice)})
    notify(Kind.NEW_MATERIAL, [person.id for person in people], actor=school.ada, course=course, title="Moons")
    rows = {row.user_id: (row.in_page, row.for_digest) for row in db.session.scalars(db.select(Notification))}
    assert [rows.get(person.id) for person in people] == [(True, True), (True, False), None, (False, True), None]
    assert [len(emails(person)) for person in people] == [0, 0, 1, 0, 0]
    assert [centre.unread_count(person) for person in people] == [1, 1, 0, 0, 0]
    letter = emails(people[2])[0]
    assert (letter.letter, letter.to_email) == ("notification", people[2].email)
    rendered = render(letter.letter, letter.data, letter.language)
    assert "New in The Night Sky: Moons" in rendered.text
    assert f"/courses/{course.id}" in rendered.text


def test_an_address_that_nobody_proved_gets_no_email(school: People) -> None:
    stranger = make.person(email_verified_at=None)
    notify(Kind.DEADLINE_NEAR, [stranger.id], title="Essay", due=DUE)
    assert emails(stranger) == []
    assert len(told(stranger)) == 1


def test_preferences_are_ones_own_and_what_is_fixed_stays(school: People) -> None:
    before = {one.kind: (one.in_page, one.email) for one in notification_preferences.list_for(school.ben)}
    assert Kind.STUDENT_ENROLLED not in before
    assert before[Kind.DEADLINE_SET] == (True, EmailChoice.NOW)
    for _ in range(2):
        after = notification_preferences.choose(school.ben, {Kind.DEADLINE_SET: Wish(email=EmailChoice.OFF)})
    assert {one.kind: (one.in_page, one.email) for one in after} == before | {
        Kind.DEADLINE_SET: (True, EmailChoice.OFF)
    }
    with pytest.raises(Invalid, match="always told"):
        notification_preferences.choose(
            school.ben, {Kind.DEADLINE_NEAR: Wish(in_page=False), Kind.ACCOUNT: Wish(in_page=False)}
        )
    assert {one.kind: one.in_page for one in notification_preferences.list_for(school.ben)}[Kind.DEADLINE_NEAR]
    assert set(kinds_for(school.ada)) & set(kinds_for(school.ben)) == {Kind.ACCOUNT}
    notify(Kind.DEADLINE_SET, [school.ben.id, school.eve.id], title="Essay", due=DUE)
    assert [len(emails(user)) for user in (school.ben, school.eve)] == [0, 1]


# Reading


def test_reading_one_and_all(school: People, course: Course) -> None:
    for number in range(3):
        notify(Kind.HANDED_IN, [school.ada.id], actor=school.ben, course=course, title=f"Essay {number}")
    notify(Kind.ACCOUNT, [school.ada.id], event="approved")
    cards = centre.list_for(school.ada).items
    centre.mark_read(school.ada, cards[1].id)
    first = centre.list_for(school.ada).items[1].read_at
    centre.mark_read(school.ada, cards[1].id)
    assert centre.list_for(school.ada).items[1].read_at == first
    assert centre.unread_count(school.ada) == 3
    assert [card.id for card in centre.list_for(school.ada, show="unread").items] == [
        cards[0].id,
        *(c.id for c in cards[2:]),
    ]
    assert [card.id for card in centre.list_for(school.ada, group=Group.ACCOUNT).items] == [cards[0].id]
    with pytest.raises(NotFound):
        centre.mark_read(school.ben, cards[0].id)
    centre.mark_all_read(school.ada, until=cards[1].id)
    assert [card.id for card in centre.list_for(school.ada, show="unread").items] == [cards[0].id]
    centre.mark_all_read(school.ben)
    assert centre.unread_count(school.ada) == 1
    centre.mark_all_read(school.ada)
    assert centre.unread_count(school.ada) == 0


@pytest.mark.parametrize(
    "lost",
    [
        lambda school, course: enrolments.block(school.ada, course.id, school.ben.id),
        lambda school, course: enrolments.remove(school.ada, course.id, school.ben.id),
        lambda _, course: make.change(course, state=CourseState.DRAFT),
    ],
)
def test_what_one_may_no_longer_see_is_gone_everywhere(school: People, course: Course, lost: Any) -> None:
    make.enrol(school.ben, course)
    notify(Kind.NEW_MATERIAL, [school.ben.id], actor=school.ada, course=course, title="A canary")
    card = centre.list_for(school.ben).items[0]
    assert centre.unread_count(school.ben) == 1
    lost(school, course)
    assert not [text for _, text in told(school.ben) if "canary" in text]
    since = centre.first_id_of(clock.now() - timedelta(minutes=1))
    assert not [push for push in centre.pushes([school.ben.id], since) if "canary" in push.payload["message"]]
    assert centre.unread_counts([school.ben.id]).get(school.ben.id, 0) == centre.unread_count(school.ben) < 2
    with pytest.raises(NotFound):
        centre.mark_read(school.ben, card.id)


def test_who_teaches_no_more_sees_no_students(school: People, course: Course) -> None:
    enrolments.enrol(school.ben, course.id)
    make.change(school.ada, role=Role.STUDENT)
    assert told(school.ada) == []
    assert centre.unread_count(school.ada) == 0


def test_the_disc_counts_to_a_hundred(school: People) -> None:
    for _ in range(105):
        make.save(Notification(user_id=school.ben.id, kind=Kind.ACCOUNT, data={"event": "approved"}))
    assert centre.unread_count(school.ben) == 100
    assert centre.unread_counts([school.ben.id]) == {school.ben.id: 100}


# Many


@pytest.fixture
def many(school: People, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    monkeypatch.setattr(notifications, "AT_ONCE", 20)
    return [make.person().id for _ in range(notifications.AT_ONCE + 12)]


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications.waking, "wake", lambda *_: None)


def test_many_are_told_by_the_worker(school: People, course: Course, many: list[UUID], no_worker: None) -> None:
    with counted() as statements:
        notify(Kind.COURSE_DELETED, many, actor=school.ada, course_title="x", course=None)
    assert len([one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]) == 1
    notice = db.session.scalars(db.select(Notice)).one()
    assert (notice.told, notice.done_at, len(notice.recipients)) == (0, None, len(many))
    assert db.session.scalar(db.select(db.func.count(Notification.id))) == 0
    notices.hand_out_waiting()
    notices.hand_out_waiting()
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count(Notification.id))) == len(many)
    assert db.session.scalar(db.select(db.func.count(Email.id))) == len(many)
    assert notice.done_at is not None
    assert notice.recipients == []


def test_the_worker_is_woken(school: People, many: list[UUID]) -> None:
    notify(Kind.COURSE_DELETED, many, actor=school.ada)
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count(Notification.id))) == len(many)


def test_a_crash_between_two_chunks_doubles_and_loses_nothing(
    school: People, many: list[UUID], no_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "CHUNK", 15)
    notify(Kind.COURSE_DELETED, many, actor=school.ada)
    notice_id = db.session.scalars(db.select(Notice.id)).one()
    tell, calls = notifications.tell, []

    def crash(*told: Any) -> None:
        calls.append(told)
        tell(*told)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(notifications, "tell", crash)
    with pytest.raises(KeyboardInterrupt):
        notices.hand_out(notice_id)
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count(Notification.id))) == 15
    notices.hand_out_waiting()
    db.session.rollback()
    for table in (Notification, Email):
        found = db.session.scalars(db.select(table.user_id)).all()
        assert sorted(found) == sorted(many)


def test_a_chunk_costs_the_same_questions_however_many_are_in_it(
    school: People, many: list[UUID], no_worker: None
) -> None:
    costs = []
    for people in (many[:22], many):
        notify(Kind.COURSE_DELETED, people, actor=school.ada)
        with counted() as statements:
            notices.hand_out_waiting()
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 8


def test_the_row_of_a_notice_is_unique(school: People, many: list[UUID]) -> None:
    notify(Kind.COURSE_DELETED, many, actor=school.ada)
    notice = db.session.scalars(db.select(Notice)).one()
    make.change(notice, done_at=None, told=0, recipients=[str(one) for one in many])
    notices.hand_out(notice.id)
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count(Notification.id))) == len(many)


def test_pages_hear_of_it_after_the_commit_alone(school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(realtime, "control", heard.append)

    @transactional
    def told_in_vain() -> None:
        notifications.notify(Kind.ACCOUNT, [school.ben.id], event="approved")
        raise NotFound

    with pytest.raises(NotFound):
        told_in_vain()
    assert heard == []
    notify(Kind.ACCOUNT, [school.ben.id], event="approved")
    assert heard == [{"told": [str(school.ben.id)]}]
