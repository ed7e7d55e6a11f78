"""What is done to one account: each button does one thing, and says so."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.people.forms import CODE, PasswordForm, ReasonForm, RoleForm
from elearn.blueprints.people.routes import bp, role_of, show_password
from elearn.blueprints.undo import flash_with_undo
from elearn.identity import me
from elearn.languages import _
from elearn.models import User
from elearn.services import people

PERSON = "/people/<uuid:user_id>"


def back_to(user: User, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for("people.show", user_id=user.id))


def role_is_now(user: User) -> str:
    return _("%(name)s is now: %(role)s", name=user.full_name, role=user.role.label)


@bp.post(f"{PERSON}/role")
@login_required
def change_role(user_id: UUID) -> ResponseReturnValue:
    """Give the person another role."""
    user = people.set_role(me(), user_id, role_of(RoleForm(prefix="role")))
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
    user = people.decline(me(), user_id, ReasonForm(prefix="decline").reason.data or "")
    return back_to(user, role_is_now(user))


@bp.post(f"{PERSON}/block")
@login_required
def block(user_id: UUID) -> ResponseReturnValue:
    """Refuse the person everywhere."""
    user = people.block(me(), user_id, ReasonForm(prefix="block").reason.data or "")
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
    if PasswordForm(prefix="password").how.data == CODE:
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
