from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Response

from elearn.api.invitation_import_schemas import (
    ImportItem,
    ImportPage,
    ImportRowPage,
    NewImport,
    RowsQuery,
)
from elearn.api.parsing import FORM
from elearn.api.schemas import Paged
from elearn.api.section import Section, no_content
from elearn.identity import me
from elearn.models import InvitationImport, InvitationImportRow
from elearn.services import invitation_imports
from elearn.services.paging import Page

bp = Section(
    "invitation-imports", __name__, description="Whole lists of people to invite: first looked over, then confirmed."
)
bp.url_prefix = "/api/invitations"

IMPORT = "/bulk/<uuid:import_id>/"
CSV = "text/csv"
CSV_FILE = {"type": "string", "format": "binary"}
FOREIGN = "The import belongs to somebody else."


def sent(pieces: Iterable[bytes], name: str) -> Response:
    response = Response(b"".join(pieces), mimetype=CSV)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@bp.route("/template/")
@bp.response(200, CSV_FILE, content_type=CSV, description="An empty list with the right header.")
def invitation_template() -> Response:
    """Download an empty list to fill in."""
    return sent(invitation_imports.template(), "invitations.csv")


@bp.route("/bulk/", methods=["POST"])
@bp.doc(
    requestBody={"required": True, "content": {FORM: {"schema": NewImport, "encoding": {"file": {"contentType": CSV}}}}}
)
@bp.refuses(
    s403="Only teachers and those who oversee the school invite people.",
    s409="There is no such course, or it is not one of one's own; or ten lists wait already.",
)
@bp.arguments(NewImport, content_type=FORM)
@bp.response(201, ImportItem, description="The preview, or the import whose file is still being read.")
def start_import(data: dict[str, Any]) -> InvitationImport:
    """Send a CSV file and see what inviting its people would come to; nobody is invited yet."""
    actor, file = me(), data["file"]
    return invitation_imports.start(
        actor,
        file_name=file.filename or "",
        stream=file.stream,
        course_ids=invitation_imports.courses_by_code(actor, data["course_codes"]),
        message=data["message"],
    )


@bp.route("/bulk/")
@bp.refuses(403)
@bp.arguments(Paged, location="query")
@bp.response(200, ImportPage, description="One page of one's own imports, newest first.")
def list_imports(query: dict[str, Any]) -> Page[InvitationImport]:
    """List one's own imports."""
    return invitation_imports.list_for(me(), **query)


@bp.route(IMPORT)
@bp.response(200, ImportItem, description="The import.")
def show_import(import_id: UUID) -> InvitationImport:
    """Read how far an import is, and its numbers."""
    return invitation_imports.get(me(), import_id)


@bp.route(f"{IMPORT}rows/")
@bp.arguments(RowsQuery, location="query")
@bp.response(200, ImportRowPage, description="One page of the rows, the worst first.")
def list_import_rows(query: dict[str, Any], import_id: UUID) -> Page[InvitationImportRow]:
    """List the rows of the file with what is said about each."""
    return invitation_imports.rows(me(), import_id, shown=query.pop("show"), **query)


@bp.route(f"{IMPORT}confirm/", methods=["POST"])
@bp.refuses(s403=FOREIGN, s409="The file is still being read, nobody in it can be invited, or the import has failed.")
@bp.response(200, ImportItem, description="Done, or under way; once more changes nothing.")
def confirm_import(import_id: UUID) -> InvitationImport:
    """Invite the people of the good rows; poll the import to see how far it is."""
    return invitation_imports.confirm(me(), import_id)


@bp.route(f"{IMPORT}bad-rows/")
@bp.response(200, CSV_FILE, content_type=CSV, description="The rows that were left out, with the reasons.")
def download_bad_rows(import_id: UUID) -> Response:
    """Download the rows that were left out, to mend them and send them again."""
    return sent(invitation_imports.left_out(me(), import_id), "left-out.csv")


@bp.route(IMPORT, methods=["DELETE"])
@bp.response(204, description="Forgotten. One under way stops; who was invited stays invited.")
def discard_import(import_id: UUID) -> Response:
    """Forget an import, or stop it."""
    invitation_imports.discard(me(), import_id)
    return no_content()
