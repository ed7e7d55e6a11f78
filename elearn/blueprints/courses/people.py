from typing import Any, Literal
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.courses.forms import AddForm, BlockByNameForm, BlockForm, HandOverForm, page_of
from elearn.blueprints.courses.routes import bp
from elearn.blueprints.forms import filled_in, show_again
from elearn.blueprints.undo import flash_with_undo
from elearn.errors import DomainError
from elearn.identity import me
from elearn.languages import _
from elearn.services import course_pages, enrolments, handing_over

TEMPLATE = "courses/people.html"


def context(course_id: UUID, add: AddForm, block: BlockByNameForm) -> dict[str, Any]:
    """Return what the page of people shows; `people` is missing its page when the address asks for too much."""
    state: Literal["active", "blocked"] = "blocked" if request.args.get("state") == "blocked" else "active"
    q = " ".join(request.args.get("q", "")[:100].split())
    people = course_pages.people(me(), course_id, q=q, state=state, page=page_of(request.args))
    args = {"course_id": course_id} | ({"q": q} if q else {}) | ({"state": state} if state == "blocked" else {})
    return {"people": people, "page": people.head, "q": q, "state": state, "args": args, "add": add, "block": block}


@bp.get("/courses/<uuid:course_id>/people")
@login_required
def people(course_id: UUID) -> ResponseReturnValue:
    """Show who is enrolled, or who is blocked."""
    shown = context(course_id, AddForm(prefix="add"), BlockByNameForm(prefix="block"))
    pages = shown["people"].students.pages
    if page_of(request.args) > pages:
        return redirect(url_for("courses.people", **shown["args"], page=pages))
    return render_template(TEMPLATE, **shown)


@bp.post("/courses/<uuid:course_id>/people")
@login_required
def add_person(course_id: UUID) -> ResponseReturnValue:
    """Enrol somebody by username or email."""
    form = AddForm(prefix="add")
    try:
        user = enrolments.person_by_login(me(), course_id, form.login.data or "")
        enrolments.add(me(), course_id, user.username)
    except DomainError as error:
        if not error.fields:
            raise
        return show_again(
            TEMPLATE, form, error, **context(course_id, form, BlockByNameForm(prefix="block", formdata=None))
        )
    remove = url_for("courses.remove_person", course_id=course_id, user_id=user.id)
    flash_with_undo(_("%(name)s is enrolled", name=user.full_name), remove)
    return redirect(url_for("courses.people", course_id=course_id))


@bp.route("/courses/<uuid:course_id>/people/blocked", methods=["GET", "POST"])
@login_required
def block_by_name(course_id: UUID) -> ResponseReturnValue:
    """Block somebody by username or email, enrolled or not; the address alone shows who is blocked."""
    if request.method == "GET":
        return redirect(url_for("courses.people", course_id=course_id, state="blocked"))
    form = BlockByNameForm(prefix="block")
    try:
        user = enrolments.person_by_login(me(), course_id, form.login.data or "")
        enrolments.block(me(), course_id, user.id, form.reason.data or "")
    except DomainError as error:
        if not error.fields:
            raise
        return show_again(TEMPLATE, form, error, **context(course_id, AddForm(prefix="add", formdata=None), form))
    return blocked(course_id, user.full_name)


@bp.post("/courses/<uuid:course_id>/people/<uuid:user_id>/remove")
@login_required
def remove_person(course_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Take somebody out of the course."""
    user = enrolments.remove(me(), course_id, user_id)
    add = url_for("courses.add_person", course_id=course_id)
    flash_with_undo(_("%(name)s is no longer enrolled", name=user.full_name), add, **{"add-login": user.username})
    return redirect(url_for("courses.people", course_id=course_id))


@bp.post("/courses/<uuid:course_id>/people/<uuid:user_id>/block")
@login_required
def block_person(course_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Put somebody out of the course for good."""
    user = enrolments.block(me(), course_id, user_id, BlockForm().reason.data or "")
    return blocked(course_id, user.full_name)


def blocked(course_id: UUID, full_name: str) -> ResponseReturnValue:
    flash(_("%(name)s is blocked in this course.", name=full_name), "success")
    return redirect(url_for("courses.people", course_id=course_id))


@bp.post("/courses/<uuid:course_id>/people/<uuid:user_id>/unblock")
@login_required
def unblock_person(course_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Let somebody enrol again."""
    user = enrolments.unblock(me(), course_id, user_id)
    flash(_("%(name)s can enrol again.", name=user.full_name), "success")
    return redirect(url_for("courses.people", course_id=course_id, state="blocked"))


@bp.route("/courses/<uuid:course_id>/hand-over", methods=["GET", "POST"])
@login_required
def hand_over(course_id: UUID) -> ResponseReturnValue:
    """Give the course to another teacher."""
    course, form = handing_over.get(me(), course_id), HandOverForm()

    def act() -> ResponseReturnValue:
        handed = handing_over.hand_over(me(), course_id, form.login.data or "")
        flash(_("%(title)s has a new teacher.", title=handed.title), "success")
        return redirect(url_for("courses.show", course_id=course_id))

    return filled_in(form, "courses/hand_over.html", act, course=course)
