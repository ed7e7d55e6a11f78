"""The live room without a socket: the same rules, numbers and answers."""

from typing import Any
from uuid import UUID

import pytest

from elearn.extensions import db
from elearn.models import Classroom, Course, CourseState, Right, Role
from elearn.services import enrolments
from tests import make
from tests.api.conftest import Api, ApiOf
from tests.people import People
from tests.queries import counted

PEN = {"id": "stroke-01", "kind": "pen", "z": 1, "color": "blue", "width": 2, "points": [100, 200, 5, -5]}


@pytest.fixture
def room(school: People) -> str:
    """Ada's room, in which ben studies."""
    course = make.course(school.ada, title="Biology 7")
    make.enrol(school.ben, course)
    return str(make.room(course).id)


def classroom(room: str) -> Classroom:
    return db.session.get_one(Classroom, UUID(room))


def course_of(room: str) -> Course:
    return db.session.get_one(Course, classroom(room).course_id)


def say(person: Api, room: str, text: str, nonce: str) -> Any:
    return person.post(f"classrooms/{room}/messages/", {"text": text, "nonce": nonce})


def test_a_room_says_who_is_there_and_what_one_may_do(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben = api_of(school.ada), api_of(school.ben)
    listed = ben.get("classrooms/").json
    assert [(item["id"], item["course_title"], item["lesson"], item["people"]) for item in listed["items"]] == [
        (room, "Biology 7", None, 0)
    ]
    shown = ben.get(f"classrooms/{room}/").json
    assert (shown["name"], shown["you"]["role"], shown["you"]["can"]) == ("Biology 7", "student", ["write", "hand"])
    assert "lead" in ada.get(f"classrooms/{room}/").json["you"]["can"]
    assert (shown["people"], shown["hands"], shown["lesson"]) == ([], [], None)


@pytest.mark.usefixtures("school_database")
def test_a_lesson_begins_and_ends_once(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, lessons = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/lessons/"
    assert ben.post(lessons, {"title": "Mine"}).status_code == 403
    begun = ada.post(lessons, {"title": "Cells"})
    assert (begun.status_code, begun.json["title"], begun.json["ended_at"]) == (201, "Cells", None)
    assert ada.post(lessons).json["code"] == "going_on"
    assert ben.get("classrooms/").json["items"][0]["lesson"]["title"] == "Cells"
    end = f"{lessons}{begun.json['id']}/end/"
    assert ben.post(end).status_code == 403
    assert ada.post(end).json["ended_at"] is not None
    assert (ada.post(end).status_code, ada.post(end).json["code"]) == (409, "ended")
    assert ada.post(f"{lessons}0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55/end/").status_code == 404
    assert ada.post(lessons).json["title"] == "Biology 7", "a lesson without a title has the name of the room"
    assert ben.get(lessons).json["total"] == 2


@pytest.mark.usefixtures("school_database")
def test_chat_goes_both_ways_and_a_repeated_nonce_changes_nothing(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, path = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/messages/"
    first = say(ben, room, "Is this on page 12?", "nonce-0001")
    assert (first.status_code, first.json["seq"], first.json["sender"]["name"]) == (201, 1, "Ben Kowalski")
    assert say(ben, room, "Is this on page 12?", "nonce-0001").json == first.json
    again = say(ben, room, "Another text", "nonce-0001")
    assert (again.status_code, again.json["code"], again.json["message_id"]) == (409, "nonce_reused", first.json["id"])
    say(ada, room, "Yes.", "nonce-0001")
    history = ben.get(path).json
    assert [message["text"] for message in history["messages"]] == ["Is this on page 12?", "Yes."]
    assert (history["seq"], history["more"]) == (2, False)
    assert [message["seq"] for message in ben.get(f"{path}?after=1").json["messages"]] == [2]
    assert [message["seq"] for message in ben.get(f"{path}?before=2&limit=1").json["messages"]] == [1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": " \n ", "nonce": "nonce-0001"}, "text"),
        ({"text": "x" * 5001, "nonce": "nonce-0001"}, "text"),
        ({"text": "x" * 900_000, "nonce": "nonce-0001"}, "text"),
        ({"text": "a\0b", "nonce": "nonce-0001"}, "text"),
        ({"text": 7, "nonce": "nonce-0001"}, "text"),
        ({"nonce": "nonce-0001"}, "text"),
        ({"text": "Hello", "nonce": "no"}, "nonce"),
        ({"text": "Hello", "nonce": "nonce 0001"}, "nonce"),
        ({"text": "Hello"}, "nonce"),
        ({"text": "Hello", "nonce": "nonce-0001", "seq": 1}, "seq"),
    ],
)
def test_bad_messages_name_the_field(
    school: People, api_of: ApiOf, room: str, body: dict[str, Any], field: str
) -> None:
    ben = api_of(school.ben)
    answer = ben.post(f"classrooms/{room}/messages/", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert ben.get(f"classrooms/{room}/messages/").json["seq"] == 0


def test_a_message_is_deleted_by_its_writer_or_by_who_leads(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, path = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/messages/"
    of_ada, of_ben = say(ada, room, "Mine", "nonce-0001").json["id"], say(ben, room, "His", "nonce-0002").json["id"]
    assert ben.delete(f"{path}{of_ada}/").status_code == 403
    assert ada.delete(f"{path}{of_ben}/").status_code == 204
    last = ben.get(path).json["messages"][1]
    assert (last["deleted"], last["text"], last["seq"]) == (True, "", 2)


@pytest.mark.usefixtures("school_database")
def test_the_board_is_drawn_on_and_caught_up_with(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben = api_of(school.ada), api_of(school.ben)
    board = ben.get(f"classrooms/{room}/board/").json
    page = f"classrooms/{room}/board/pages/{board['page']}/"
    batch = {"cid": "batch-0001", "ops": [{"op": "add", "object": PEN}]}
    assert (board["objects"], board["rev"]) == ([], 0)
    assert ben.post(f"{page}ops/", batch).status_code == 403
    assert ada.post(f"{page}ops/", batch).json == {"rev": 1}
    assert ada.post(f"{page}ops/", batch).json == {"rev": 1}, "the same batch once more changes nothing"
    other = {"cid": "batch-0001", "ops": [{"op": "clear"}]}
    assert ada.post(f"{page}ops/", other).json["code"] == "cid_reused"
    assert ben.get(page).json == {"objects": [PEN | {"by": str(school.ada.id)}], "rev": 1}
    missed = ben.get(f"{page}?after=0").json
    assert ([batch["rev"] for batch in missed["ops"]], missed["rev"]) == ([1], 1)
    assert ben.get(f"{page}?after=1").json == {"ops": [], "rev": 1}
    make.grant(school.ben, classroom(room), Right.DRAW)
    mine = {"cid": "batch-0001", "ops": [{"op": "set", "id": "stroke-01", "width": 3.0}]}
    assert ben.post(f"{page}ops/", mine).json == {"rev": 2}


@pytest.mark.parametrize(
    "ops",
    [
        [], "clear", [7], [{"op": "fly"}], [{"op": "add", "object": PEN | {"kind": "bomb"}}],
        [{"op": "add", "object": PEN | {"points": [0] * 2001}}], [{"op": "clear"}] * 101,
    ],
)  # fmt: skip
def test_what_the_board_does_not_know_changes_nothing(school: People, api_of: ApiOf, room: str, ops: Any) -> None:
    ada = api_of(school.ada)
    board = ada.get(f"classrooms/{room}/board/").json
    answer = ada.post(f"classrooms/{room}/board/pages/{board['page']}/ops/", {"cid": "batch-0001", "ops": ops})
    assert answer.status_code == 422
    assert ada.get(f"classrooms/{room}/board/").json == board


@pytest.mark.usefixtures("school_database")
def test_hands_go_up_and_being_called_lowers_them(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, hand = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/hand/"
    cleo = make.person(full_name="Cleo Second")
    make.enrol(cleo, course_of(room))
    for person in (ben, ben, api_of(cleo)):
        raised = person.call("PUT", hand, {"raised": True})
    assert [one["name"] for one in raised.json["queue"]] == ["Ben Kowalski", "Cleo Second"]
    assert [one["id"] for one in ada.get(f"classrooms/{room}/").json["hands"]] == [str(school.ben.id), str(cleo.id)]
    assert ada.call("PUT", hand, {"raised": True}).status_code == 403
    assert ben.call("PUT", hand, {"raised": "yes"}).json["errors"]["raised"]
    called = {"user": str(school.ben.id), "right": "speak", "on": True}
    assert ada.call("PUT", f"classrooms/{room}/rights/", called).status_code == 204
    assert [one["name"] for one in ada.get(f"classrooms/{room}/").json["hands"]] == ["Cleo Second"]
    assert ben.get(f"classrooms/{room}/").json["you"]["can"] == ["write", "hand", "speak"]
    assert api_of(cleo).call("PUT", hand, {"raised": False}).json == {"queue": []}


def test_rights_are_given_to_one_or_to_all_and_taken_back(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, rights = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/rights/"

    def can() -> set[str]:
        return set(ben.get(f"classrooms/{room}/").json["you"]["can"]) - {"write", "hand"}

    assert ben.call("PUT", rights, {"user": str(school.ben.id), "right": "draw", "on": True}).status_code == 403
    for user in (str(school.ben.id), "*"):
        for on in (True, True, False):
            assert ada.call("PUT", rights, {"user": user, "right": "draw", "on": on}).status_code == 204
            assert can() == ({"draw"} if on else set())
    ada.call("PUT", rights, {"user": str(school.ben.id), "right": "speak", "on": True})
    assert can() == {"speak"}
    assert ada.call("PUT", rights, {"user": "*", "right": "speak", "on": True}).json["detail"] == (
        "Let people speak one by one."
    )
    ada.call("PUT", rights, {"user": "*", "right": "speak", "on": False})
    assert can() == set()
    assert ada.call("PUT", rights, {"user": str(school.eve.id), "right": "draw", "on": True}).status_code == 404
    for body, field in (({"user": "**"}, "user"), ({"right": "fly"}, "right"), ({"on": 1}, "on")):
        bad = ada.call("PUT", rights, {"user": "*", "right": "draw", "on": True} | body)
        assert (bad.status_code, list(bad.json["errors"])) == (422, [field])


def test_who_is_shown_out_stays_out_until_the_lesson_is_over(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, people = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/people/"
    ada.post(f"classrooms/{room}/lessons/")
    lesson = ada.get(f"classrooms/{room}/").json["lesson"]["id"]
    assert ben.delete(f"{people}{school.ada.id}/").status_code == 403
    assert ada.delete(f"{people}{school.ada.id}/").status_code == 403
    assert ada.delete(f"{people}{school.eve.id}/").status_code == 404
    assert ada.delete(f"{people}{school.ben.id}/").status_code == 204
    assert ben.get(f"classrooms/{room}/").status_code == 403
    ada.post(f"classrooms/{room}/lessons/{lesson}/end/")
    assert ben.get(f"classrooms/{room}/").status_code == 200


@pytest.mark.usefixtures("school_database")
def test_pages_of_the_board_come_are_turned_and_go(school: People, api_of: ApiOf, room: str) -> None:
    ada, ben, board = api_of(school.ada), api_of(school.ben), f"classrooms/{room}/board/"
    first = ben.get(board).json["page"]
    key = {"Idempotency-Key": "one-page"}
    made = ada.post(f"{board}pages/", {"background": "squared"}, headers=key)
    assert (made.status_code, made.json["background"], made.json["rev"]) == (201, "squared", 0)
    assert ada.post(f"{board}pages/", {"background": "squared"}, headers=key).json == made.json
    assert ada.post(f"{board}pages/").json["background"] == "white"
    second, third = [page["id"] for page in ben.get(board).json["pages"]][1:]
    assert (second, ben.get(board).json["page"]) == (made.json["id"], first)
    assert ben.call("PUT", f"{board}turn/", {"page": second}).status_code == 403
    assert ada.call("PUT", f"{board}turn/", {"page": second}).status_code == 204
    assert ben.get(board).json["page"] == second
    assert ben.delete(f"{board}pages/{second}/").status_code == 403
    for page in (second, third):
        assert ada.delete(f"{board}pages/{page}/").status_code == 204
    assert ada.call("PUT", f"{board}turn/", {"page": second}).status_code == 404
    assert ben.get(board).json["page"] == first
    last = ada.delete(f"{board}pages/{first}/")
    assert (last.status_code, last.json["code"]) == (409, "last_page")


ROOM_CALLS = [
    ("GET", "", None),
    ("GET", "lessons/", None),
    ("POST", "lessons/", {}),
    ("POST", "lessons/0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55/end/", None),
    ("GET", "messages/", None),
    ("POST", "messages/", {"text": "Hello", "nonce": "nonce-0001"}),
    ("DELETE", "messages/{message}/", None),
    ("GET", "board/", None),
    ("GET", "board/pages/{page}/", None),
    ("PUT", "hand/", {"raised": True}),
    ("PUT", "rights/", {"user": "*", "right": "draw", "on": True}),
    ("DELETE", "people/{person}/", None),
    ("POST", "board/pages/", {}),
    ("DELETE", "board/pages/{page}/", None),
    ("PUT", "board/turn/", {"page": "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"}),
    ("POST", "board/pages/{page}/ops/", {"cid": "batch-0002", "ops": [{"op": "clear"}]}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROOM_CALLS)
def test_nobody_from_outside_reads_or_writes_in_a_room(
    school: People, api_of: ApiOf, room: str, method: str, path: str, body: Any
) -> None:
    ada, ben = api_of(school.ada), api_of(school.ben)
    message = say(ada, room, "Hello", "nonce-0001").json["id"]
    page = ada.get(f"classrooms/{room}/board/").json["page"]
    address = f"classrooms/{room}/{path.format(message=message, page=page, person=school.ben.id)}"
    stranger = make.person("stranger", Role.TEACHER)
    for person, status in ((None, 401), (school.eve, 403), (stranger, 403)):
        assert api_of(person).call(method, address, body).status_code == status
    enrolments.block(school.ada, classroom(room).course_id, school.ben.id)
    assert ben.call(method, address, body).status_code == 404
    assert ada.get(f"classrooms/{room}/messages/").json["seq"] == 1


def test_a_thing_of_another_room_is_not_found_here(school: People, api_of: ApiOf, room: str) -> None:
    ada = api_of(school.ada)
    there = str(make.room(make.course(school.ada)).id)
    message = say(ada, there, "Elsewhere", "nonce-0001").json["id"]
    page = ada.get(f"classrooms/{there}/board/").json["page"]
    assert ada.delete(f"classrooms/{room}/messages/{message}/").status_code == 404
    assert ada.get(f"classrooms/{room}/board/pages/{page}/").status_code == 404
    ops = {"cid": "batch-0001", "ops": [{"op": "clear"}]}
    assert ada.post(f"classrooms/{room}/board/pages/{page}/ops/", ops).status_code == 404


def test_an_archived_room_is_closed_for_students(school: People, api_of: ApiOf) -> None:
    course = make.course(school.ada, state=CourseState.ARCHIVED)
    make.enrol(school.ben, course)
    room = make.room(course).id
    assert api_of(school.ben).get(f"classrooms/{room}/").status_code == 403
    assert api_of(school.ada).get(f"classrooms/{room}/").status_code == 200


def test_long_histories_cost_as_many_questions_as_short_ones(school: People, api_of: ApiOf, room: str) -> None:
    ben = api_of(school.ben)
    costs = []
    for until in (2, 20):
        while ben.get(f"classrooms/{room}/messages/").json["seq"] < until:
            writer = make.person()
            make.enrol(writer, course_of(room))
            say(api_of(writer), room, "Hello", "nonce-0001")
        with counted() as statements:
            ben.get(f"classrooms/{room}/messages/")
        costs.append(len(statements))
    assert costs[0] == costs[1]
