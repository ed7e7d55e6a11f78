"""The page behind the link of an invitation. Its address is a secret: no other page and no log gets to see it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from elearn.blueprints.auth.forms import SignInForm
from elearn.blueprints.auth.routes import this_device
from elearn.blueprints.forms import show_again
from elearn.blueprints.invitations.forms import AcceptForm
from elearn.blueprints.invitations.routes import bp
from elearn.blueprints.session import close_session, open_session
from elearn.emails import invitation as letter
from elearn.errors import DomainError
from elearn.identity import me
from elearn.languages import _
from elearn.services import acceptance, accounts
from elearn.services.acceptance import Accepted

PAGE = "invitations/accept.html"
GONE, NOT_FOUND = 410, 404
OVER = {"accepted", "revoked", "expired", "void", "unknown_invitation"}

View = Callable[..., ResponseReturnValue]


def secret_page(view: View) -> View:
    """Keep the address from search machines and from the pages that come after; tell kindly when the link is over."""

    @wraps(view)
    def wrapper(token: str) -> Response:
        try:
            response = make_response(view(token))
        except DomainError as error:
            if error.code not in OVER:
                raise
            page = render_template("invitations/over.html", error=error)
            response = make_response(page, NOT_FOUND if error.status == NOT_FOUND else GONE)
        # The origin alone: the check of forms needs it, and it tells nothing.
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapper


def context(token: str, *, signs_in: bool = False) -> dict[str, Any]:
    """Return what the page shows: the offer, and which way of saying yes fits whoever looks at it."""
    offer = acceptance.look(token)
    if current_user.is_authenticated:
        way = "accept" if offer.is_for(me()) else "other"
    else:
        way = "sign_in" if offer.has_account or signs_in else "new"
    return {"offer": offer, "token": token, "way": way, "as_role": letter.role({"role": offer.role.value})}


@bp.get("/invite/<token>")
@secret_page
def show(token: str) -> ResponseReturnValue:
    """Show who invites to what, and ask for a yes."""
    shown = context(token, signs_in="sign-in" in request.args)
    offer = shown["offer"]
    form = SignInForm(data={"login": offer.email}) if shown["way"] == "sign_in" else AcceptForm(obj=offer)
    return render_template(PAGE, form=form, **shown)


@bp.post("/invite/<token>")
@secret_page
def create_account(token: str) -> ResponseReturnValue:
    """Make the account, and let its owner in."""
    shown, form = context(token), AcceptForm()
    if shown["way"] != "new":
        return redirect(url_for("invitations.show", token=token))
    if not form.validate():
        return show_again(PAGE, form, **shown)
    try:
        opened, accepted = acceptance.accept_as_new(
            token, username=form.username.data or "", full_name=form.full_name.data or "",
            password=form.password.data or "", device=this_device(), time_zone=form.time_zone.data or "",
        )  # fmt: skip
    except DomainError as error:
        if error.code in OVER:
            raise
        return show_again(PAGE, form, error, **shown)
    open_session(opened, remember=False)
    return welcome(accepted)


@bp.post("/invite/<token>/sign-in")
@secret_page
def sign_in(token: str) -> ResponseReturnValue:
    """Let in somebody who has an account; the yes comes after it, on this same page."""
    shown, form = context(token, signs_in=True), SignInForm()
    if shown["way"] != "sign_in":
        return redirect(url_for("invitations.show", token=token))
    if not form.validate():
        return show_again(PAGE, form, **shown)
    try:
        opened = accounts.sign_in(login=form.login.data, password=form.password.data, device=this_device())
    except DomainError as error:
        return show_again(PAGE, form, error, **shown)
    open_session(opened, remember=form.remember.data)
    return redirect(url_for("invitations.show", token=token))


@bp.post("/invite/<token>/accept")
@login_required
@secret_page
def accept(token: str) -> ResponseReturnValue:
    """Accept with the account that is signed in."""
    try:
        accepted = acceptance.accept(me(), token)
    except DomainError as error:
        if error.code in OVER:
            raise
        return redirect(url_for("invitations.show", token=token))
    if accepted.renewed is not None:
        open_session(accepted.renewed, remember=session.permanent)
    return welcome(accepted)


@bp.post("/invite/<token>/sign-out")
@login_required
@secret_page
def sign_out(token: str) -> ResponseReturnValue:
    """Let the next person at this device open the link."""
    accounts.sign_out(me())
    close_session()
    return redirect(url_for("invitations.show", token=token))


def welcome(accepted: Accepted) -> ResponseReturnValue:
    """Go to the course, if there is one, or home."""
    flash(_("Welcome, %(name)s!", name=accepted.first_name), "success")
    for title in accepted.closed:
        flash(_("%(course)s is not open to you now. Speak to its teacher.", course=title), "warning")
    if len(accepted.entered) == 1:
        return redirect(url_for("courses.show", course_id=accepted.entered[0]))
    return redirect(url_for("courses.mine") if accepted.entered else url_for("home.index"))
