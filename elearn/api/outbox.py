from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from elearn.api.fields import Choice, Id, Moment, about
from elearn.api.schemas import Paged, page_of
from elearn.api.section import Section
from elearn.identity import me
from elearn.models import Email, EmailState
from elearn.services import outbox
from elearn.services.paging import Page

bp = Section("outbox", __name__, description="The emails of the school, for those who look after it.")


class EmailQuery(Paged):
    """Which emails."""

    state = Choice("Only those in this state.", "failed", EmailState)


class EmailShown(Schema):
    """One email, without what it says."""

    id = Id("Names the email; its Message-ID begins with it.", required=True)
    letter = fields.String(required=True, metadata=about("What it is.", "invitation"))
    to_email = fields.String(required=True, metadata=about("The address that it goes to.", "elif@example.org"))
    to_name = fields.String(required=True, metadata=about("Whose address that is, where it is known.", "Elif Aydın"))
    state = Choice("Where it is.", "waiting", EmailState, required=True)
    tries = fields.Integer(required=True, metadata=about("How often it was tried.", 2))
    error = fields.String(
        required=True, metadata=about("What was said at the last try; empty when nothing went wrong.", "451 Try again")
    )
    created_at = Moment("When it was written.", required=True)
    next_try_at = Moment("When it is tried next, while it waits.", required=True)
    sent_at = Moment("When a mail server took it.", required=True, allow_none=True)


EmailPage = page_of(EmailShown, "EmailPage")


class WaitingAgain(Schema):
    """What came of trying once more."""

    waiting_again = fields.Integer(
        required=True, metadata=about("How many emails wait to be sent again.", 12, minimum=0)
    )


@bp.route("/")
@bp.refuses(403)
@bp.arguments(EmailQuery, location="query")
@bp.response(200, EmailPage, description="The newest first.")
def list_emails(data: dict[str, Any]) -> Page[Email]:
    """Read which emails wait, went out or failed."""
    return outbox.list_for(me(), **data)


@bp.route("/<uuid:email_id>/retry/", methods=["POST"])
@bp.refuses(s409="The email was sent, is being sent, or must not be sent.")
@bp.response(200, EmailShown, description="It is sent as soon as may be.")
def retry_email(email_id: UUID) -> Email:
    """Send an email that failed, or waits for its next try, once more."""
    return outbox.retry(me(), email_id)


@bp.route("/retry/", methods=["POST"])
@bp.response(200, WaitingAgain, description="They are sent as soon as may be.")
def retry_failed_emails() -> dict[str, int]:
    """Send all emails that failed once more, as after the mail server was away for long."""
    return {"waiting_again": outbox.retry_failed(me())}
