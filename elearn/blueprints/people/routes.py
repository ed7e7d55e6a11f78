from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.activity.words import details_of, kind_names
from elearn.blueprints.forms import Form, show_again
from elearn.blueprints.people.forms import (
    NewPersonForm,
    PasswordForm,
    PeopleQuery,
    ReasonForm,
    RoleForm,
    state_names,
)
from elearn.errors import DomainError, Invalid
from elearn.identity import me
from elearn.languages import _
from elearn.models import Role
from elearn.permissions import Action, can, require
from elearn.services import directory, people
from elearn.services.people import Handed

bp = Blueprint("people", __name__)

PERSON_PAGE = "people/show.html"


@bp.get("/people")
@login_required
def index() -> ResponseReturnValue:
    """Search the people of the school; those who oversee them also see how each account stands."""
    actor = me()
    oversees = can(actor, Action.OVERSEE_PEOPLE)
    query = PeopleQuery.read(request.args, oversees=oversees)
    found = directory.search_people(actor, q=query.q, only=query.only, page=query.page)
    if query.page > found.pages:
        return redirect(url_for("people.index", **query.args(), page=found.pages))
    return render_template(
        "people/index.html",
        found=found,
        query=query,
        oversees=oversees,
        waiting=directory.waiting(actor) if oversees else 0,
        roles=list(Role),
        states=state_names(),
    )


@bp.route("/people/new", methods=["GET", "POST"])
@login_required
def create() -> ResponseReturnValue:
    """Create an account for somebody."""
    actor, form = me(), NewPersonForm()
    require(actor, Action.OVERSEE_PEOPLE)
    form.offer(directory.grantable(actor))
    if not form.is_submitted():
        return render_template("people/create.html", form=form)
    if not form.validate():
        return show_again("people/create.html", form)
    try:
        handed = people.create(
            actor, username=form.username.data or "", email=form.email.data or "",
            full_name=form.full_name.data or "", role=role_of(form),
        )  # fmt: skip
    except DomainError as error:
        if not error.fields:
            raise
        return show_again("people/create.html", form, error)
    return show_password(handed, _("%(name)s has an account", name=handed.user.full_name))


@bp.get("/people/<uuid:user_id>/manage")
@login_required
def show(user_id: UUID) -> ResponseReturnValue:
    """Show all about one person to those who oversee people."""
    return render_template(PERSON_PAGE, **person_page(user_id))


def person_page(user_id: UUID, **refused: Form) -> dict[str, Any]:
    """Return what the page of one person shows; the dialog of a form that was refused stands open on it."""
    shown = directory.page_of(me(), user_id)
    role = RoleForm(prefix="role", formdata=None, data={"role": shown.user.role.value})
    forms = {
        "role_form": role,
        "block_form": ReasonForm(prefix="block", formdata=None),
        "decline_form": ReasonForm(prefix="decline", formdata=None),
        "password_form": PasswordForm(prefix="password", formdata=None),
    } | refused
    for form in forms.values():
        if isinstance(form, RoleForm):
            form.offer(list(shown.roles))
    return {"shown": shown, "person": shown.user, "kinds": kind_names(), "details_of": details_of, **forms}


def role_of(form: RoleForm) -> Role:
    if form.role.data not in set(Role):
        raise Invalid("invalid", _("Choose a role from the list"), field="role")
    return Role(form.role.data)


def show_password(handed: Handed, title: str) -> Response:
    """Show a password that was made, once: it stands nowhere else, and no cache keeps it."""
    response = make_response(render_template("people/password.html", person=handed.user, handed=handed, title=title))
    response.headers["Cache-Control"] = "no-store"
    return response
