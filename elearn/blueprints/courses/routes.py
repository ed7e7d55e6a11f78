from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.courses.forms import (
    SORTS,
    WHENS,
    CatalogueQuery,
    CourseForm,
    page_of,
    texts_of,
    with_args,
)
from elearn.blueprints.forms import show_again
from elearn.errors import Conflict, DomainError
from elearn.identity import me
from elearn.languages import _
from elearn.models import Subject
from elearn.permissions import Action, require
from elearn.services import course_lists, course_pages, courses
from elearn.services.course_cards import today_for

bp = Blueprint("courses", __name__)

PER_PAGE = 12


@bp.get("/catalogue")
@login_required
def catalogue() -> ResponseReturnValue:
    """Show the published courses, searched, filtered and sorted."""
    actor, query = me(), CatalogueQuery.read(request.args)
    q, subjects, when = query.q, query.subject, query.when
    found = course_lists.catalogue(
        actor, q=q, subjects=subjects, when=when, sort=query.sort, page=query.page, per_page=PER_PAGE
    )
    if query.page > found.pages:
        return redirect(url_for("courses.catalogue", **query.args(), page=found.pages))
    return render_template(
        "courses/catalogue.html",
        found=found,
        counts=course_lists.catalogue_counts(actor, q=q, subjects=subjects, when=when),
        query=query,
        chips=query.chips(lambda args: with_args(url_for("courses.catalogue"), args)),
        subjects=list(Subject),
        sorts=SORTS,
        whens=WHENS,
        today=today_for(actor),
        reader=actor.id,
    )


@bp.get("/courses")
@login_required
def mine() -> ResponseReturnValue:
    """Show the courses that one teaches or studies."""
    actor, page = me(), page_of(request.args)
    found = course_lists.mine(actor, page=page)
    if page > found.pages:
        return redirect(url_for("courses.mine", page=found.pages))
    return render_template("courses/mine.html", found=found, today=today_for(actor), reader=actor.id)


@bp.route("/courses/new", methods=["GET", "POST"])
@login_required
def create() -> ResponseReturnValue:
    """Create a course."""
    actor, form = me(), CourseForm(data={"subject": Subject.OTHER.value})
    require(actor, Action.CREATE_COURSE, message=_("Only teachers create courses."))
    if not form.is_submitted():
        return render_template("courses/create.html", form=form)
    if not form.validate():
        return show_again("courses/create.html", form)
    try:
        course = courses.create(actor, **form.changes())
    except DomainError as error:
        return show_again("courses/create.html", form, error)
    flash(_("%(title)s is created. Publish it when students may see it.", title=course.title), "success")
    return redirect(url_for("courses.show", course_id=course.id))


@bp.get("/courses/<uuid:course_id>")
@login_required
def show(course_id: UUID) -> ResponseReturnValue:
    """Show the page of a course."""
    return render_template("courses/show.html", page=course_pages.show(me(), course_id))


@bp.route("/courses/<uuid:course_id>/edit", methods=["GET", "POST"])
@login_required
def edit(course_id: UUID) -> ResponseReturnValue:
    """Change the text and the dates of a course."""
    actor = me()
    course = courses.get(actor, course_id, Action.EDIT_COURSE)
    form = CourseForm(data=texts_of(course))
    if not form.is_submitted():
        return render_template("courses/edit.html", form=form, course=course)
    if not form.validate():
        return show_again("courses/edit.html", form, course=course)
    try:
        courses.edit(actor, course_id, version=form.version_read(), **form.changes())
    except Conflict as error:
        # Whoever saves once more has seen what stands there now.
        if error.code == "changed":
            form.version.data = error.data["current"]["version"]
        course = courses.get(actor, course_id, Action.EDIT_COURSE)
        return show_again("courses/edit.html", form, error, course=course, current=error.data.get("current"))
    except DomainError as error:
        return show_again("courses/edit.html", form, error, course=course)
    flash(_("Course saved."), "success")
    return redirect(url_for("courses.show", course_id=course_id))
