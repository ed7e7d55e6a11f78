import pytest

from elearn.models import Email, EmailState, uuid7
from tests import make
from tests.api.conftest import ApiOf
from tests.people import People


def email(state: EmailState, **values: object) -> Email:
    return make.save(Email(letter="invitation", to_email="new@school.example", state=state, **values))


@pytest.mark.usefixtures("school_database")
def test_emails_are_listed_by_state_and_sent_again(school: People, api_of: ApiOf) -> None:
    failed, sent = email(EmailState.FAILED, error="550 No", tries=2), email(EmailState.SENT)
    root = api_of(school.root)
    assert [one["id"] for one in root.get("outbox/").json["items"]] == [str(sent.id), str(failed.id)]
    (shown,) = root.get("outbox/?state=failed").json["items"]
    assert {name: shown[name] for name in ("to_email", "state", "tries", "error", "sent_at")} == {
        "to_email": "new@school.example", "state": "failed", "tries": 2, "error": "550 No", "sent_at": None,
    }  # fmt: skip
    assert "data" not in shown
    assert "secret" not in shown
    waits = root.post(f"outbox/{failed.id}/retry/")
    assert (waits.status_code, waits.json["state"], waits.json["tries"]) == (200, "waiting", 0)
    again = root.post(f"outbox/{sent.id}/retry/")
    assert (again.status_code, again.json["code"]) == (409, "sent")
    assert root.post(f"outbox/{uuid7()}/retry/").status_code == 404
    assert root.get("outbox/?state=nothing").status_code == 422


@pytest.mark.usefixtures("school_database")
def test_all_that_failed_are_sent_again_at_once(school: People, api_of: ApiOf) -> None:
    for state in (EmailState.FAILED, EmailState.FAILED, EmailState.SENT, EmailState.DROPPED):
        email(state)
    root = api_of(school.root)
    assert root.post("outbox/retry/").json == {"waiting_again": 2}
    assert root.post("outbox/retry/").json == {"waiting_again": 0}
    assert root.get("outbox/?state=waiting").json["total"] == 2


def test_nobody_else_sees_them(school: People, api_of: ApiOf) -> None:
    failed = email(EmailState.FAILED)
    for person in (school.ada, school.ben):
        api = api_of(person)
        assert api.get("outbox/").status_code == 403
        assert api.post(f"outbox/{failed.id}/retry/").status_code == 403
        assert api.post("outbox/retry/").status_code == 403
    assert api_of(None).get("outbox/").status_code == 401
