from typing import Any

from elearn.api.people_schemas import ActivityPage, ActivityQuery
from elearn.api.section import Section
from elearn.identity import me
from elearn.services import activity
from elearn.services.activity import Filter, Line
from elearn.services.paging import Bounded

bp = Section("activity", __name__, description="The log of who did what.")


@bp.route("/")
@bp.refuses(s403="Only managers and admins see the log.")
@bp.arguments(ActivityQuery, location="query")
@bp.response(200, ActivityPage, description="One page of the log.")
def list_activity(query: dict[str, Any]) -> Bounded[Line]:
    """List what was done, the newest first."""
    page, per_page = query.pop("page"), query.pop("per_page")
    return activity.list_for(me(), Filter(**query), page=page, per_page=per_page)
