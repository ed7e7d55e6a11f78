"""Coming in and going out by tokens, and every forged or worn-out token that must be refused."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from elearn.models import Role, SignInKind
from elearn.permissions import OPERATOR
from elearn.services import accounts, erasure, people
from tests import make
from tests.api.conftest import Api, ApiOf
from tests.conftest import SECRET
from tests.people import People

NEW = {
    "username": "elif.aydin",
    "email": "elif@school.example",
    "password": "comets need four words",
    "full_name": "Elif Ayd\u0131n",
    "role": "teacher",
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_somebody_registers_and_is_signed_in(api_of: ApiOf) -> None:
    nobody = api_of(None)
    answer = nobody.post("auth/register/", NEW)
    assert answer.status_code == 201
    assert set(answer.json) == {"access_token", "refresh_token", "user"}
    assert answer.json["user"]["role"] == "teacher"
    me = nobody.get("auth/me/", headers=bearer(answer.json["access_token"]))
    assert me.json == answer.json["user"]
    assert me.json["email"] == NEW["email"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"username": "ADA"}, 409, "username"),
        ({"username": "e"}, 422, "username"),
        ({"username": "elif ayd\u0131n"}, 422, "username"),
        ({"email": "elif"}, 422, "email"),
        ({"password": "short"}, 422, "password"),
        ({"password": "aaaaaaaaaaaa"}, 422, "password"),
        ({"full_name": "  "}, 422, "full_name"),
        ({"full_name": "x" * 500_000}, 422, "full_name"),
        ({"full_name": 7}, 422, "full_name"),
        ({"full_name": None}, 422, "full_name"),
        ({"full_name": "\ud800 half a letter"}, 422, "full_name"),
        ({"role": "admin"}, 422, "role"),
        ({"role": ["teacher"]}, 422, "role"),
        ({"is_admin": True}, 422, "is_admin"),
        ({"id": "0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"}, 422, "id"),
        ({"blocked_at": None}, 422, "blocked_at"),
    ],
)
def test_bad_registrations_name_the_field(
    school: People, api_of: ApiOf, change: dict[str, Any], status: int, field: str
) -> None:
    answer = api_of(None).post("auth/register/", NEW | change)
    assert (answer.status_code, list(answer.json["errors"])) == (status, [field]), answer.json
    assert answer.json["errors"][field][0] == answer.json["detail"]


def test_a_missing_field_is_named(api_of: ApiOf) -> None:
    answer = api_of(None).post("auth/register/", {})
    assert answer.status_code == 422
    assert answer.json["errors"] == {name: ["Fill this in"] for name in NEW}


@pytest.mark.parametrize("login", ["ben", "BEN", "ben@school.example"])
def test_somebody_signs_in_by_username_or_email(school: People, api_of: ApiOf, login: str) -> None:
    answer = api_of(None).post("auth/login/", {"login": login, "password": make.PASSWORD})
    assert answer.status_code == 200
    assert answer.json["user"]["username"] == "ben"


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(school: People, api_of: ApiOf) -> None:
    answers = [
        api_of(None).post("auth/login/", {"login": login, "password": "not the password"})
        for login in ("ben", "nobody")
    ]
    assert answers[0].status_code == 401
    assert answers[0].json == answers[1].json


def test_a_blocked_person_is_told_so_only_with_the_right_password(school: People, api_of: ApiOf) -> None:
    people.block(OPERATOR, school.ben.id)
    right = api_of(None).post("auth/login/", {"login": "ben", "password": make.PASSWORD})
    wrong = api_of(None).post("auth/login/", {"login": "ben", "password": "not the password"})
    assert (right.status_code, right.json["code"]) == (403, "blocked")
    assert wrong.status_code == 401


def test_refresh_gives_the_next_pair(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    answer = ben.post("auth/refresh/", {"refresh_token": ben.tokens["refresh_token"]})
    assert answer.status_code == 200
    assert answer.json["refresh_token"] != ben.tokens["refresh_token"]
    assert ben.get("auth/me/", headers=bearer(answer.json["access_token"])).status_code == 200
    by_header = Api(ben.client.application).post("auth/refresh/", headers=bearer(answer.json["refresh_token"]))
    assert by_header.status_code == 200


@pytest.mark.usefixtures("school_database")
def test_a_refresh_token_that_comes_back_ends_the_sign_in(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    old = {"refresh_token": ben.tokens["refresh_token"]}
    fresh = ben.post("auth/refresh/", old).json
    assert ben.post("auth/refresh/", old).status_code == 401
    assert ben.post("auth/refresh/", {"refresh_token": fresh["refresh_token"]}).status_code == 401
    assert ben.get("auth/me/", headers=bearer(fresh["access_token"])).status_code == 401


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "access"])
def test_only_a_refresh_token_refreshes(school: People, api_of: ApiOf, token: str | None) -> None:
    ben = api_of(school.ben)
    body = {} if token is None else {"refresh_token": ben.tokens["access_token"] if token == "access" else token}
    answer = api_of(None).post("auth/refresh/", body)
    assert answer.status_code == (422 if token == "" else 401)


@pytest.mark.usefixtures("school_database")
def test_logging_out_ends_both_tokens_and_no_other_device(school: People, api_of: ApiOf) -> None:
    here, there = api_of(school.ben), api_of(school.ben)
    answer = here.post("auth/logout/")
    assert (answer.status_code, answer.data) == (204, b"")
    assert here.get("auth/me/").status_code == 401
    assert here.post("auth/refresh/", {"refresh_token": here.tokens["refresh_token"]}).status_code == 401
    assert there.get("auth/me/").status_code == 200


# AU-04: what must not open the door


def claims(person: Api, **changes: Any) -> dict[str, Any]:
    found = jwt.decode(person.tokens["access_token"], SECRET, ["HS256"], audience="elearn")
    return {name: value for name, value in (found | changes).items() if value is not ...}


def unsigned(person: Api, algorithm: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims(person))}."


def signed_with_nothing(person: Api) -> str:
    """Sign with a key of no bytes, as an installation that has lost its secret would."""
    head = unsigned(person, "HS256").removesuffix(".")
    signature = hmac.digest(b"", head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


NOW = datetime.now(UTC)
FORGED = {
    "none": lambda ben: unsigned(ben, "none"),
    "None": lambda ben: unsigned(ben, "None"),
    "no signature": lambda ben: unsigned(ben, "HS256"),
    "another key": lambda ben: jwt.encode(claims(ben), "another key of the same length, or even longer"),
    "empty key": signed_with_nothing,
    "a key id that is a path": lambda ben: jwt.encode(claims(ben), "k" * 32, headers={"kid": "../../dev/null"}),
    "another algorithm": lambda ben: jwt.encode(claims(ben), SECRET + SECRET, algorithm="HS512"),
    "our key, HS384": lambda ben: jwt.encode(claims(ben), SECRET, algorithm="HS384"),
    "our key, HS512": lambda ben: jwt.encode(claims(ben), SECRET, algorithm="HS512"),
    "RS256": lambda ben: jwt.encode(
        claims(ben), rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256"
    ),
    "key from outside": lambda ben: jwt.encode(
        claims(ben), "k" * 32, headers={"jku": "https://evil.example/keys.json", "kid": "1"}
    ),
    "key inside": lambda ben: jwt.encode(
        claims(ben), "k" * 32, headers={"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode()}}
    ),
    "expired": lambda ben: jwt.encode(claims(ben, exp=NOW - timedelta(seconds=1)), SECRET),
    "from the future": lambda ben: jwt.encode(claims(ben, nbf=NOW + timedelta(minutes=5)), SECRET),
    "another audience": lambda ben: jwt.encode(claims(ben, aud="somewhere else"), SECRET),
    "no audience": lambda ben: jwt.encode(claims(ben, aud=...), SECRET),
    "no sign-in": lambda ben: jwt.encode(claims(ben, sid=...), SECRET),
    "an odd sign-in": lambda ben: jwt.encode(claims(ben, sid=["x"]), SECRET),
    "another person": lambda ben: jwt.encode(claims(ben, sub="0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"), SECRET),
    "the refresh token": lambda ben: ben.tokens["refresh_token"],
    "of a reset": lambda ben: jwt.encode(claims(ben, type="reset"), SECRET),
    "not a token": lambda _: "not.a.token",
    "nothing": lambda _: "",
    "cut": lambda ben: ben.tokens["access_token"][:-4],
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(school: People, api_of: ApiOf, forge: Any) -> None:
    ben = api_of(school.ben)
    assert ben.get("auth/me/").status_code == 200
    answer = ben.get("auth/me/", headers=bearer(forge(ben)))
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_true_token_with_other_headers_is_read_with_our_key_alone(school: People, api_of: ApiOf) -> None:
    """A key id or address in the header is never followed, whether the signature is ours or not."""
    ben = api_of(school.ben)
    token = jwt.encode(claims(ben), SECRET, headers={"kid": "../../etc/passwd", "jku": "http://127.0.0.1:1/keys"})
    assert ben.get("auth/me/", headers=bearer(token)).status_code == 200


def test_an_access_token_lives_fifteen_minutes_and_a_refresh_token_thirty_days(school: People, api_of: ApiOf) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        ben = api_of(school.ben)
        clock.shift(timedelta(minutes=14))
        assert ben.get("auth/me/").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert ben.get("auth/me/").status_code == 401
        fresh = Api(ben.client.application).post("auth/refresh/", {"refresh_token": ben.tokens["refresh_token"]})
        assert fresh.status_code == 200
        clock.shift(timedelta(days=31))
        late = Api(ben.client.application).post("auth/refresh/", {"refresh_token": fresh.json["refresh_token"]})
        assert late.status_code == 401


def test_an_edited_role_claim_changes_nothing(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    token = jwt.encode(claims(ben, role="admin", is_admin=True), SECRET)
    answer = ben.post("courses/", {"title": "Mine", "code": "MINE-1"}, headers=bearer(token))
    assert answer.status_code == 403


def test_a_new_role_counts_for_tokens_given_after_it(school: People, api_of: ApiOf) -> None:
    ben = api_of(school.ben)
    course = {"title": "Mine", "code": "MINE-1"}
    assert ben.post("courses/", course).status_code == 403
    people.set_role(OPERATOR, school.ben.id, Role.TEACHER)
    assert ben.post("courses/", course).status_code == 401
    assert api_of(school.ben).post("courses/", course).status_code == 201


@pytest.mark.parametrize("end", ["sign out", "everywhere", "password", "deleted", "block"])
def test_tokens_end_with_the_sign_in(school: People, api_of: ApiOf, end: str) -> None:
    ben = api_of(school.ben)
    opened = claims(ben)["sid"]
    if end == "sign out":
        person = accounts.by_sign_in(UUID(opened))
        assert person is not None
        accounts.sign_out(person)
    elif end == "everywhere":
        accounts.sign_out_everywhere(school.ben)
    elif end == "password":
        people.reset_password(OPERATOR, school.ben.id, "a quite different phrase")
    elif end == "deleted":
        erasure.erase(school.ben, make.PASSWORD)
    else:
        people.block(OPERATOR, school.ben.id)
    assert ben.get("auth/me/").status_code == 401
    assert ben.post("auth/refresh/", {"refresh_token": ben.tokens["refresh_token"]}).status_code == 401


def test_a_token_counts_more_than_the_cookie_beside_it(school: People, api_of: ApiOf, app: Flask) -> None:
    eve = api_of(school.eve)
    opened = make.sign_in(school.ben, SignInKind.BROWSER)
    with eve.client.session_transaction() as session:
        session["_user_id"] = str(opened.id)
    assert eve.get("auth/me/").json["username"] == "eve"
    assert eve.get("auth/me/", headers=bearer("not a token")).status_code == 401
    eve.headers = {}
    assert eve.get("auth/me/").json["username"] == "ben", "a bad token does not sign the browser out"


@pytest.mark.parametrize("overrides", [{"rate_limits": True, "sign_in_limit": "3/minute"}])
def test_guessing_is_slowed_down(school: People, api_of: ApiOf, overrides: dict[str, Any]) -> None:
    nobody = api_of(None)
    for _ in range(3):
        nobody.post("auth/login/", {"login": "ben", "password": "guess"})
    for forwarded in ("", "10.0.0.7"):
        answer = nobody.post(
            "auth/login/", {"login": "BEN ", "password": make.PASSWORD}, headers={"X-Forwarded-For": forwarded}
        )
        assert (answer.status_code, answer.json["code"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
