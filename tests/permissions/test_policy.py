"""The policy as a table of its own: whoever changes `policy.py` changes this page too, and both are read."""

import pytest
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Forbidden, Unauthenticated
from elearn.extensions import db
from elearn.models import (
    Classroom,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
    Invitation,
    Role,
    Standing,
    Status,
    User,
    uuid7,
)
from elearn.permissions import OPERATOR, POLICY, Action, Actor, can, memberships, require
from tests.permissions.world import COLUMNS, Visitor, World, cells

DRAFT, PUBLISHED, ARCHIVED = CourseState
A = Action

# Groups as in matrix.py: anonymous, student (own, same, other, barred), teacher, manager, admin, blocked.
NOBODY = ". . . . . ."
SIGNED_IN = ". + + + + ."
STAFF = ". . . + + ."
ADMIN = ". . . . + ."
LEADERS = ". . +.. + + ."
MEMBERS = ". .+.. .+. .+. .+. ."
MEMBERS_AND_LEADERS = ". .+.. ++. + + ."

SCHOOL: dict[Action, str] = {
    A.SEE_SCHOOL_NUMBERS: STAFF,
    A.SEE_OUTBOX: ADMIN,
    A.SEE_ACTIVITY: STAFF,
    A.SEARCH_PEOPLE: ". . + + + .",
    A.OVERSEE_PEOPLE: STAFF,
    A.POST_STATUS: SIGNED_IN,
    A.SEE_FEED: SIGNED_IN,
    A.SEE_PHOTOS: SIGNED_IN,
    A.BROWSE_CATALOGUE: SIGNED_IN,
    A.CREATE_COURSE: ". . + + + .",
}
# What one may do with oneself, and with somebody else.
PEOPLE: dict[Action, tuple[str, str]] = {
    A.SEE_PROFILE: (SIGNED_IN, MEMBERS_AND_LEADERS),
    A.EDIT_PROFILE: (SIGNED_IN, NOBODY),
    A.CHANGE_PERSON: (NOBODY, STAFF),
}
# With each role, from student to admin.
ROLES: dict[Action, tuple[str, str, str, str]] = {
    A.CREATE_PERSON: (STAFF, STAFF, ADMIN, ADMIN),
    A.GRANT_ROLE: (STAFF, STAFF, ADMIN, ADMIN),
    A.INVITE: (". . + + + .", STAFF, ADMIN, ADMIN),
}
# With one's own status, and with that of somebody else.
STATUSES: dict[Action, tuple[str, str]] = {
    A.EDIT_STATUS: (SIGNED_IN, NOBODY),
    A.DELETE_STATUS: (SIGNED_IN, STAFF),
}
# With an invitation of one's own, with one of somebody else for a student, with one for a manager.
INVITATIONS: dict[Action, tuple[str, str, str]] = {
    A.MANAGE_INVITATION: (SIGNED_IN, STAFF, ADMIN),
}
# With a draft, with a published course, with one in the archive.
COURSES: dict[Action, tuple[str, str, str]] = {
    A.SEE_COURSE: (LEADERS, ". +++. + + + .", ". .+.. ++. + + ."),
    A.EDIT_COURSE: (LEADERS, LEADERS, LEADERS),
    A.PUBLISH_COURSE: (LEADERS, LEADERS, LEADERS),
    A.DELETE_COURSE: (LEADERS, LEADERS, LEADERS),
    A.SEE_STUDENTS: (LEADERS, LEADERS, LEADERS),
    A.MANAGE_STUDENTS: (LEADERS, LEADERS, LEADERS),
    A.ENROL: (NOBODY, ". +++. . . . .", NOBODY),
    A.LEAVE: (MEMBERS, MEMBERS, MEMBERS),
}
# In the room of such a course.
ROOMS: dict[Action, tuple[str, str, str]] = {
    A.ENTER_ROOM: (STAFF, MEMBERS_AND_LEADERS, LEADERS),
    A.WRITE_MESSAGE: (STAFF, MEMBERS_AND_LEADERS, LEADERS),
    A.DELETE_MESSAGE: (STAFF, LEADERS, LEADERS),
    A.RAISE_HAND: (NOBODY, MEMBERS, NOBODY),
    A.DRAW: (STAFF, LEADERS, LEADERS),
    A.SPEAK: (STAFF, LEADERS, LEADERS),
    A.LEAD_ROOM: (STAFF, LEADERS, LEADERS),
}
EVERYONE_DRAWS, MAY_DRAW, MAY_SPEAK, SHOWN_OUT = "everyone draws", "may draw", "may speak", "shown out"
# What changes in the room of a published course, and only there, when a right is granted or somebody is shown out.
GRANTED: dict[str, dict[Action, str]] = {
    EVERYONE_DRAWS: {A.DRAW: MEMBERS_AND_LEADERS},
    MAY_DRAW: {A.DRAW: MEMBERS_AND_LEADERS},
    MAY_SPEAK: {A.SPEAK: MEMBERS_AND_LEADERS},
    SHOWN_OUT: {A.ENTER_ROOM: LEADERS, A.WRITE_MESSAGE: LEADERS, A.RAISE_HAND: NOBODY},
}
# The terminal of the server has no place in a room, and nothing to enrol in.
OPERATOR_MAY = {
    A.SEE_SCHOOL_NUMBERS, A.SEE_OUTBOX, A.SEE_ACTIVITY, A.SEARCH_PEOPLE, A.OVERSEE_PEOPLE, A.CREATE_PERSON,
    A.GRANT_ROLE, A.CHANGE_PERSON, A.INVITE, A.MANAGE_INVITATION, A.DELETE_STATUS, A.SEE_PROFILE, A.EDIT_PROFILE,
    A.BROWSE_CATALOGUE, A.CREATE_COURSE, A.SEE_COURSE,
    A.EDIT_COURSE, A.PUBLISH_COURSE, A.DELETE_COURSE, A.SEE_STUDENTS, A.MANAGE_STUDENTS,
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_stays(world: World) -> None:
    db.session.rollback()
    memberships.forget()


def person(visitor: Visitor) -> User | None:
    return db.session.get(User, visitor.user_id) if visitor.user_id else None


def room_of(visitor: Visitor) -> Classroom:
    query = db.select(Classroom).options(joinedload(Classroom.course)).where(Classroom.id == visitor.place.room_id)
    room: Classroom = db.session.scalars(query).one()
    return room


def course_in(visitor: Visitor, state: CourseState) -> Course:
    course = room_of(visitor).course
    course.state = state
    return course


def answers(world: World, action: Action, obj: object) -> dict[str, str]:
    """Ask the policy for everybody; `obj` makes the object of the question from the visitor."""
    assert callable(obj)
    found = {}
    for column in COLUMNS:
        visitor = world.visitors[column]
        found[column] = "+" if can(person(visitor), action, obj(visitor)) else "."
        db.session.rollback()
    return found


def object_of(action: Action, user: User, room: Classroom) -> object:
    """Return an object that this action can be asked about."""
    if action in PEOPLE:
        return user
    if action in ROLES:
        return Role.STUDENT
    if action in STATUSES:
        return Status(user_id=user.id)
    return Invitation(invited_by_id=user.id, role=Role.STUDENT) if action in INVITATIONS else room


def test_every_action_stands_in_one_table() -> None:
    tables = [*SCHOOL, *PEOPLE, *ROLES, *STATUSES, *INVITATIONS, *COURSES, *ROOMS]
    assert sorted(tables, key=str) == sorted(Action, key=str)
    assert set(POLICY) == set(Action)


@pytest.mark.parametrize("action", SCHOOL, ids=lambda action: action.name)
def test_in_the_school(world: World, action: Action) -> None:
    assert answers(world, action, lambda _: None) == cells(SCHOOL[action])


@pytest.mark.parametrize("action", PEOPLE, ids=lambda action: action.name)
def test_with_people(world: World, action: Action) -> None:
    with_oneself, with_others = PEOPLE[action]
    assert answers(world, action, person) == cells(with_oneself)
    somebody = world.visitors["student other"].place.classmate_id
    assert answers(world, action, lambda _: db.session.get(User, somebody)) == cells(with_others)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ROLES, ids=lambda action: action.name)
def test_with_roles(world: World, action: Action, role: Role) -> None:
    assert answers(world, action, lambda _: role) == cells(ROLES[action][role.rank])


@pytest.mark.parametrize("action", STATUSES, ids=lambda action: action.name)
def test_with_statuses(world: World, action: Action) -> None:
    with_own, with_others = STATUSES[action]
    assert answers(world, action, lambda visitor: Status(user_id=visitor.user_id)) == cells(with_own)
    assert answers(world, action, lambda _: Status(user_id=uuid7())) == cells(with_others)


@pytest.mark.parametrize("action", INVITATIONS, ids=lambda action: action.name)
def test_with_invitations(world: World, action: Action) -> None:
    own, for_student, for_manager = INVITATIONS[action]
    mine = answers(world, action, lambda visitor: Invitation(invited_by_id=visitor.user_id, role=Role.ADMIN))
    assert mine == cells(own)
    for expected, role in ((for_student, Role.STUDENT), (for_manager, Role.MANAGER)):
        found = answers(world, action, lambda _, role=role: Invitation(invited_by_id=uuid7(), role=role))
        assert found == cells(expected)


VERIFIED = (A.SEARCH_PEOPLE, A.CREATE_COURSE, A.POST_STATUS, A.SEE_FEED, A.INVITE, A.ENROL, A.EDIT_STATUS)


@pytest.mark.parametrize("action", VERIFIED, ids=lambda action: action.name)
def test_whoever_did_not_prove_the_address_has_to_wait(world: World, action: Action) -> None:
    for column in COLUMNS[1:]:
        visitor = world.visitors[column]
        user = person(visitor)
        assert user is not None
        if user.role in {Role.MANAGER, Role.ADMIN}:
            continue  # they were made by somebody, not by registering
        user.email_verified_at = None
        obj = {A.INVITE: Role.STUDENT, A.EDIT_STATUS: Status(user_id=user.id)}.get(action)
        assert not can(user, action, obj or room_of(visitor).course), column
        db.session.rollback()


@pytest.mark.parametrize("state", CourseState)
@pytest.mark.parametrize("action", COURSES, ids=lambda action: action.name)
def test_with_courses(world: World, action: Action, state: CourseState) -> None:
    expected = COURSES[action][list(CourseState).index(state)]
    assert answers(world, action, lambda visitor: course_in(visitor, state)) == cells(expected)


@pytest.mark.parametrize("state", CourseState)
@pytest.mark.parametrize("action", ROOMS, ids=lambda action: action.name)
def test_in_rooms(world: World, action: Action, state: CourseState) -> None:
    def room(visitor: Visitor) -> Classroom:
        course_in(visitor, state)
        return room_of(visitor)

    assert answers(world, action, room) == cells(ROOMS[action][list(CourseState).index(state)])


def granted(visitor: Visitor, what: str, state: CourseState) -> Classroom:
    room = room_of(visitor)
    room.course.state = state
    if what == EVERYONE_DRAWS:
        room.everyone_draws = True
    elif visitor.user_id:
        values = {"draws": what == MAY_DRAW, "speaks": what == MAY_SPEAK}
        removed_at = clock.now() if what == SHOWN_OUT else None
        db.session.add(Standing(classroom_id=room.id, user_id=visitor.user_id, removed_at=removed_at, **values))
    db.session.flush()
    return room


@pytest.mark.parametrize("state", CourseState)
@pytest.mark.parametrize("what", GRANTED)
@pytest.mark.parametrize("action", ROOMS, ids=lambda action: action.name)
def test_what_a_grant_changes(world: World, action: Action, what: str, state: CourseState) -> None:
    expected = ROOMS[action][list(CourseState).index(state)]
    if state is PUBLISHED:
        expected = GRANTED[what].get(action, expected)
    assert answers(world, action, lambda visitor: granted(visitor, what, state)) == cells(expected)


@pytest.mark.parametrize("right", [EVERYONE_DRAWS, MAY_DRAW, MAY_SPEAK])
def test_whoever_was_shown_out_keeps_no_right(world: World, right: str) -> None:
    def shown_out(visitor: Visitor) -> Classroom:
        room = granted(visitor, right, PUBLISHED)
        if visitor.user_id:
            standing = db.session.get(Standing, (room.id, visitor.user_id)) or Standing(
                classroom_id=room.id, user_id=visitor.user_id, draws=False, speaks=False
            )
            standing.removed_at = clock.now()
            db.session.add(standing)
            db.session.flush()
        return room

    for action in (A.DRAW, A.SPEAK):
        assert answers(world, action, shown_out) == cells(LEADERS)


@pytest.mark.parametrize("action", Action, ids=lambda action: action.name)
def test_whoever_is_blocked_in_the_school_may_do_nothing(world: World, action: Action) -> None:
    for column in COLUMNS[1:]:
        visitor = world.visitors[column]
        room = granted(visitor, MAY_SPEAK, PUBLISHED)
        room.everyone_draws = True
        user = person(visitor)
        assert user is not None
        user.blocked_at = clock.now()
        assert not can(user, action, object_of(action, user, room)), column
        db.session.rollback()


@pytest.mark.parametrize("left", [EnrolmentState.LEFT, EnrolmentState.REMOVED])
def test_whoever_left_is_as_if_they_never_came(world: World, left: EnrolmentState) -> None:
    visitor, other = world.visitors["student same"], world.visitors["student other"]
    for state in CourseState:
        for action in [*COURSES, *ROOMS]:
            room = room_of(visitor)
            room.course.state = state
            db.session.get_one(Enrolment, (room.course_id, visitor.user_id)).state = left
            assert can(person(visitor), action, room) == can(person(other), action, room), (state, action)
            db.session.rollback()


@pytest.mark.parametrize("action", Action, ids=lambda action: action.name)
def test_at_the_terminal(world: World, action: Action) -> None:
    visitor = world.visitors["student other"]
    user = person(visitor)
    assert user is not None
    obj = object_of(action, user, room_of(visitor))
    assert can(OPERATOR, action, obj) == (action in OPERATOR_MAY)


def test_a_refusal_says_what_is_missing(world: World) -> None:
    student = person(world.visitors["student same"])
    actors: list[tuple[Actor, type[Exception]]] = [(None, Unauthenticated), (student, Forbidden)]
    for actor, refusal in actors:
        with pytest.raises(refusal):
            require(actor, A.OVERSEE_PEOPLE)
    with pytest.raises(Forbidden, match="not allowed to do this: create a course"):
        require(student, A.CREATE_COURSE)
    with pytest.raises(Forbidden, match="Only teachers"):
        require(student, A.CREATE_COURSE, message="Only teachers create courses.")
    require(person(world.visitors["admin other"]), A.OVERSEE_PEOPLE)


def test_a_list_that_is_preloaded_answers_the_same_without_a_query(world: World) -> None:
    visitor = world.visitors["student same"]
    user, room = person(visitor), room_of(visitor)
    assert user is not None
    before = {action: can(user, action, room) for action in ROOMS}
    memberships.forget()
    memberships.preload(user, [room.course_id])
    assert can(user, A.SEE_COURSE, room.course)
    memberships.preload_room([user.id], room.course_id, room.id)
    assert {action: can(user, action, room) for action in ROOMS} == before
