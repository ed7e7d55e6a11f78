from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import show_again
from elearn.blueprints.profile.forms import THEMES, ProfileForm
from elearn.errors import DomainError
from elearn.identity import me
from elearn.services import profiles

bp = Blueprint("profile", __name__)

# A name stands for one picture for ever; nobody else's cache may keep it.
KEEP = "private, max-age=604800, immutable"
NOTHING_RUNS = "sandbox; default-src 'none'"


@bp.get("/you")
@login_required
def show() -> ResponseReturnValue:
    """Show one's own profile."""
    return render_template("profile/show.html", person=me(), themes=dict(THEMES))


@bp.route("/you/edit", methods=["GET", "POST"])
@login_required
def edit() -> ResponseReturnValue:
    """Change one's own profile."""
    person = me()
    form = ProfileForm(data={field: getattr(person, field) for field in ("full_name", "bio", "theme", "time_zone")})
    if not form.is_submitted():
        return render_template("profile/edit.html", form=form, person=person)
    if not form.validate():
        return show_again("profile/edit.html", form, person=person)
    try:
        profiles.update(
            person, full_name=form.full_name.data, bio=form.bio.data or "", theme=form.theme.data,
            time_zone=form.time_zone.data, photo=form.photo.data or None, remove_photo=form.remove_photo.data,
        )  # fmt: skip
    except DomainError as error:
        return show_again("profile/edit.html", form, error, person=person)
    flash("Profile saved.", "success")
    return redirect(url_for("profile.show"))


@bp.get("/photos/<key>")
@login_required
def photo(key: str) -> Response:
    """Send somebody's photo, as a picture and nothing else."""
    response = send_file(profiles.open_photo(me(), key), mimetype=profiles.PHOTO_MIMETYPE, etag=key)
    response.headers["Cache-Control"] = KEEP
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    response.headers["Content-Disposition"] = "inline"
    return response
