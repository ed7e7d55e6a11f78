import pytest

from elearn.extensions import db
from elearn.models import Enrolment, Invitation, Role, User
from tests import make
from tests.api.conftest import ApiOf
from tests.invited import invite, letters, token_of
from tests.people import People

NEW = "noah@elsewhere.example"
ACCOUNT = {"username": "noah", "full_name": "Noah Fischer", "password": make.PASSWORD}


def test_an_invitation_from_its_making_to_its_end(api_of: ApiOf, school: People) -> None:
    course, ada = make.course(school.ada, code="NIGHT-1", title="Night Sky"), api_of(school.ada)
    made = ada.post("invitations/", {"email": NEW, "role": "student", "courses": [str(course.id)], "message": "Hi"})
    assert made.status_code == 200
    assert made.json["state"] == "invited"
    one = made.json["invitation"]
    assert (one["email"], one["state"], one["delivery"], one["inviter"]) == (NEW, "waiting", "waiting", "Ada Novak")
    assert one["courses"] == [{"id": str(course.id), "title": "Night Sky", "code": "NIGHT-1"}]
    assert token_of(NEW) not in made.text
    again = ada.post("invitations/", {"email": NEW, "role": "student"})
    assert (again.json["state"], len(letters(NEW))) == ("already_invited", 1)
    address = f"invitations/{one['id']}/"
    assert ada.get(address).json["id"] == one["id"]
    assert [item["id"] for item in ada.get("invitations/?state=waiting&q=noah").json["items"]] == [one["id"]]
    assert ada.get("invitations/?state=revoked").json["total"] == 0
    assert ada.post(f"{address}resend/").json["state"] == "waiting"
    assert len(letters(NEW)) == 2
    assert ada.post(f"{address}revoke/").json["state"] == "revoked"
    assert ada.post(f"{address}resend/").status_code == 409
    assert ada.delete(address).status_code == 204
    assert ada.get(address).status_code == 404


def test_who_has_an_account_is_enrolled_at_once(api_of: ApiOf, school: People) -> None:
    course = make.course(school.ada)
    wanted = {"email": "ben@school.example", "role": "student", "courses": [str(course.id)]}
    answer = api_of(school.ada).post("invitations/", wanted)
    assert (answer.json["state"], answer.json["invitation"]) == ("enrolled", None)


@pytest.mark.usefixtures("school_database")
def test_invitations_come_the_newest_first_or_by_address(api_of: ApiOf, school: People) -> None:
    for name in ("bo", "al", "cy"):
        invite(school.ada, f"{name}@new.example")
    ada = api_of(school.ada)

    def asked(sort: str) -> str:
        return " ".join(one["email"][:2] for one in ada.get(f"invitations/{sort}").json["items"])

    assert asked("") == asked("?sort=-created_at") == "cy al bo"
    assert asked("?sort=email") == "al bo cy"
    assert asked("?sort=email&q=new.example&per_page=2&page=2") == "cy"
    assert ada.get("invitations/?sort=token_hash").json["errors"]["sort"]


def test_refusals_change_nothing(api_of: ApiOf, school: People) -> None:
    ada, course = api_of(school.ada), make.course(school.root)
    refused = {
        422: [
            {"email": "noah", "role": "student"},
            {"email": NEW},
            {"email": NEW, "role": "student", "courses": ["x"]},
            {"email": NEW, "role": "student", "invited_by_id": str(school.root.id)},
            {"email": "eve@school.example", "role": "student", "full_name": "\u202e"},
        ],
        409: [{"email": NEW, "role": "student", "courses": [str(course.id)]}],
        403: [{"email": NEW, "role": "teacher"}, {"email": NEW, "role": "admin"}],
    }
    for status, bodies in refused.items():
        for body in bodies:
            assert ada.post("invitations/", body).status_code == status, body
    assert api_of(school.ben).post("invitations/", {"email": NEW, "role": "student"}).status_code == 403
    assert db.session.query(Invitation).count() == 0


def test_the_link_lets_somebody_in_by_the_api(api_of: ApiOf, school: People) -> None:
    course, visitor = make.course(school.ada, title="Night Sky"), api_of(None)
    invite(school.ada, NEW, course, message="Hi")
    address = f"invite/{token_of(NEW)}/"
    offer = visitor.get(address)
    assert (offer.json["inviter"], offer.json["courses"], offer.json["has_account"]) == (
        "Ada Novak",
        ["Night Sky"],
        False,
    )
    # Role and courses are those of the invitation, whatever the body says.
    for stolen in ({"role": "admin"}, {"courses": []}, {"email": "x@x.example"}):
        assert visitor.post(f"{address}accept/", ACCOUNT | stolen).status_code == 422
    assert visitor.post(f"{address}accept/").status_code == 401
    assert visitor.post(f"{address}accept/", {"username": "noah"}).status_code == 401
    assert set(visitor.post(f"{address}accept/", ACCOUNT | {"password": "short"}).json["errors"]) == {"password"}
    answer = visitor.post(f"{address}accept/", ACCOUNT)
    assert answer.status_code == 200, answer.text
    assert answer.json["courses"] == [str(course.id)]
    assert answer.json["tokens"]["user"]["role"] == "student"
    noah = db.session.query(User).filter_by(username="noah").one()
    assert db.session.get_one(Enrolment, (course.id, noah.id)).is_active
    for call in (visitor.get(address), visitor.post(f"{address}accept/", ACCOUNT)):
        assert (call.status_code, call.json["code"]) == (409, "accepted")
    assert visitor.get("invite/forged/").status_code == 404


def test_who_is_signed_in_accepts_with_nothing_and_for_themselves_alone(api_of: ApiOf, school: People) -> None:
    invite(school.root, "ben@school.example", role=Role.TEACHER)
    address = f"invite/{token_of('ben@school.example')}/accept/"
    assert api_of(school.eve).post(address).status_code == 403
    ben = api_of(school.ben)
    assert ben.post(address, ACCOUNT).status_code == 409
    answer = ben.post(address)
    assert (answer.status_code, answer.json["tokens"]["user"]["role"]) == (200, "teacher")
    assert ben.get("auth/me/").status_code == 401, "a token from before the role rose is dead"
    ben.headers = {"Authorization": f"Bearer {answer.json['tokens']['access_token']}"}
    assert ben.get("auth/me/").json["role"] == "teacher"
