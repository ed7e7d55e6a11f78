"""What is done to one account: each button does one thing, and says so."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import Form, show_again
from elearn.blueprints.people.forms import CODE, MADE, PasswordForm, ReasonForm, RoleForm
from elearn.blueprints.people.routes import PERSON_PAGE, bp, person_page, role_of, show_password
from elearn.blueprints.undo import flash_with_undo
from elearn.errors import Invalid
from elearn.identity import me
from elearn.languages import _
from elearn.models import User
from elearn.services import people

PERSON = "/people/<uuid:user_id>"


def back_to(user: User, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for("people.show", user_id=user.id))


def ask_again(user_id: UUID, error: Invalid, **refused: Form) -> ResponseReturnValue:
    """Show the page of the person with the dialog open, what was typed in it, and what is wrong with that."""
    (form,) = refused.values()
    return show_again(PERSON_PAGE, form, error, **person_page(user_id, **refused))


def role_is_now(user: User) -> str:
    return _("%(name)s is now: %(role)s", name=user.full_name, role=user.role.label)


@bp.post(f"{PERSON}/role")
@login_required
def change_role(user_id: UUID) -> ResponseReturnValue:
    """Give the person another role."""
    form = RoleForm(prefix="role")
    try:
        user = people.set_role(me(), user_id, role_of(form))
    except Invalid as error:
        return ask_again(user_id, error, role_form=form)
    return back_to(user, role_is_now(user))


@bp.post(f"{PERSON}/approve")
@login_required
def approve(user_id: UUID) -> ResponseReturnValue:
    """Let the person be what they asked to be."""
    user = people.approve(me(), user_id)
    return back_to(user, role_is_now(user))


@bp.post(f"{PERSON}/decline")
@login_required
def decline(user_id: UUID) -> ResponseReturnValue:
    """Leave the person what they are."""
    form = ReasonForm(prefix="decline")
    try:
        user = people.decline(me(), user_id, form.reason.data or "")
    except Invalid as error:
        return ask_again(user_id, error, decline_form=form)
    return back_to(user, role_is_now(user))


@bp.post(f"{PERSON}/block")
@login_required
def block(user_id: UUID) -> ResponseReturnValue:
    """Refuse the person everywhere."""
    form = ReasonForm(prefix="block")
    try:
        user = people.block(me(), user_id, form.reason.data or "")
    except Invalid as error:
        return ask_again(user_id, error, block_form=form)
    flash_with_undo(_("%(name)s is blocked", name=user.full_name), url_for("people.unblock", user_id=user.id))
    return redirect(url_for("people.show", user_id=user.id))


@bp.post(f"{PERSON}/unblock")
@login_required
def unblock(user_id: UUID) -> ResponseReturnValue:
    """Let the person sign in again."""
    user = people.unblock(me(), user_id)
    return back_to(user, _("%(name)s can sign in again.", name=user.full_name))


@bp.post(f"{PERSON}/password")
@login_required
def reset_password(user_id: UUID) -> ResponseReturnValue:
    """Give the person a new password, or send a code with which they set one."""
    form = PasswordForm(prefix="password")
    if form.how.data not in {CODE, MADE}:
        error = Invalid("invalid", _("Choose one of the two ways"), field="how")
        return ask_again(user_id, error, password_form=form)
    if form.how.data == CODE:
        user = people.send_reset_code(me(), user_id)
        return back_to(user, _("A code is on its way to %(email)s.", email=user.email))
    handed = people.reset_password(me(), user_id)
    return show_password(handed, _("%(name)s has a new password", name=handed.user.full_name))


@bp.post(f"{PERSON}/verify")
@login_required
def verify(user_id: UUID) -> ResponseReturnValue:
    """Take the person's address as proved."""
    user = people.verify(me(), user_id)
    return back_to(user, _("The address %(email)s counts as proved.", email=user.email))


@bp.post(f"{PERSON}/sign-out")
@login_required
def sign_out(user_id: UUID) -> ResponseReturnValue:
    """End all devices of the person."""
    user = people.sign_out(me(), user_id)
    return back_to(user, _("%(name)s is signed out on all devices.", name=user.full_name))
