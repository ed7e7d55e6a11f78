"""The buttons of a course: each does one thing at once, and offers to take it back."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.courses.routes import bp
from elearn.blueprints.undo import flash_with_undo
from elearn.errors import DomainError
from elearn.identity import me
from elearn.languages import _
from elearn.models import CourseState
from elearn.services import courses, enrolments


def back_to(course_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("courses.show", course_id=course_id))


@bp.post("/courses/<uuid:course_id>/publish")
@login_required
def publish(course_id: UUID) -> ResponseReturnValue:
    """Open the course to everybody."""
    course = courses.publish(me(), course_id)
    flash_with_undo(
        _("%(title)s is in the catalogue", title=course.title), url_for("courses.unpublish", course_id=course_id)
    )
    return back_to(course_id)


@bp.post("/courses/<uuid:course_id>/unpublish")
@login_required
def unpublish(course_id: UUID) -> ResponseReturnValue:
    """Make the course a draft again."""
    course = courses.unpublish(me(), course_id)
    flash_with_undo(
        _("%(title)s is a draft again", title=course.title), url_for("courses.publish", course_id=course_id)
    )
    return back_to(course_id)


@bp.post("/courses/<uuid:course_id>/archive")
@login_required
def archive(course_id: UUID) -> ResponseReturnValue:
    """Close the course."""
    course = courses.archive(me(), course_id)
    flash_with_undo(_("%(title)s is archived", title=course.title), url_for("courses.publish", course_id=course_id))
    return back_to(course_id)


@bp.post("/courses/<uuid:course_id>/delete")
@login_required
def delete(course_id: UUID) -> ResponseReturnValue:
    """Delete the course with all that is in it."""
    title = courses.delete(me(), course_id)
    flash(_("%(title)s is deleted.", title=title), "success")
    return redirect(url_for("courses.mine"))


@bp.post("/courses/<uuid:course_id>/enrol")
@login_required
def enrol(course_id: UUID) -> ResponseReturnValue:
    """Enrol in the course."""
    enrolments.enrol(me(), course_id)
    flash_with_undo(_("You are enrolled"), url_for("courses.leave", course_id=course_id))
    return back_to(course_id)


@bp.post("/courses/<uuid:course_id>/leave")
@login_required
def leave(course_id: UUID) -> ResponseReturnValue:
    """Leave the course."""
    actor = me()
    title = enrolments.leave(actor, course_id)
    try:
        is_published = courses.get(actor, course_id).state is CourseState.PUBLISHED
    except DomainError:  # left for good: it is not open to outsiders
        is_published = False
    if not is_published:
        flash(_("You left %(title)s.", title=title), "success")
        return redirect(url_for("courses.mine"))
    flash_with_undo(_("You left %(title)s", title=title), url_for("courses.enrol", course_id=course_id))
    return back_to(course_id)
