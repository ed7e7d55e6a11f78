from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.blueprints.forms import filled_in
from elearn.blueprints.profile.forms import THEMES, PreferencesForm, ProfileForm
from elearn.identity import me
from elearn.languages import LANGUAGES, _, in_language
from elearn.services import profiles

bp = Blueprint("profile", __name__)

# A name stands for one picture for ever; nobody else's cache may keep it.
KEEP = "private, max-age=604800, immutable"
NOTHING_RUNS = "sandbox; default-src 'none'"
SAID = ("full_name", "headline", "bio", "education", "interests")
PREFERRED = ("language", "time_zone", "theme")


@bp.get("/you")
@login_required
def show() -> ResponseReturnValue:
    """Show one's own profile."""
    return render_template("profile/show.html", person=me(), themes=dict(THEMES), languages=LANGUAGES)


@bp.route("/you/edit", methods=["GET", "POST"])
@login_required
def edit() -> ResponseReturnValue:
    """Change what one says about oneself."""
    person = me()
    form = ProfileForm(data={field: getattr(person, field) for field in SAID})

    def save() -> ResponseReturnValue:
        said = {field: form[field].data or "" for field in SAID}
        profiles.update(person, photo=form.photo.data or None, remove_photo=form.remove_photo.data, **said)
        flash(_("Profile saved."), "success")
        return redirect(url_for("profile.show"))

    return filled_in(form, "profile/edit.html", save, person=person)


@bp.route("/you/preferences", methods=["GET", "POST"])
@login_required
def preferences() -> ResponseReturnValue:
    """Change how the pages look and speak to oneself."""
    person = me()
    form = PreferencesForm(data={field: getattr(person, field) for field in PREFERRED})

    def save() -> ResponseReturnValue:
        person = profiles.update(me(), **{field: form[field].data for field in PREFERRED})
        with in_language(person.language):
            flash(_("Preferences saved."), "success")
        return redirect(url_for("profile.preferences"))

    return filled_in(form, "profile/preferences.html", save)


@bp.get("/profiles/<uuid:user_id>")
@login_required
def public(user_id: UUID) -> ResponseReturnValue:
    """Show somebody to those who share a course with them."""
    return render_template("profile/public.html", person=profiles.public(me(), user_id), is_self=user_id == me().id)


@bp.get("/photos/<key>")
@login_required
def photo(key: str) -> Response:
    """Send somebody's photo, as a picture and nothing else."""
    response = send_file(profiles.open_photo(me(), key), mimetype=profiles.PHOTO_MIMETYPE, etag=key)
    response.headers["Cache-Control"] = KEEP
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    response.headers["Content-Disposition"] = "inline"
    return response
