from flask_wtf.file import FileField
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from elearn.blueprints.auth.forms import SHORT
from elearn.blueprints.forms import Form, checked_by
from elearn.languages import LANGUAGES, _, lazy
from elearn.models import Theme
from elearn.services import accounts, profiles

THEMES = [(Theme.SYSTEM, lazy("As my device")), (Theme.LIGHT, lazy("Light")), (Theme.DARK, lazy("Dark"))]


def time_zone_choices() -> dict[str, list[tuple[str, str]]]:
    """Return the time zones by region, with the names of their places."""
    groups: dict[str, list[tuple[str, str]]] = {_("World"): [("UTC", "UTC")]}
    for zone in profiles.time_zones():
        region, _slash, place = zone.partition("/")
        if place:
            groups.setdefault(region, []).append((zone, place.replace("_", " ").replace("/", ", ")))
    return groups


class ProfileForm(Form):
    full_name = StringField(lazy("Full name"), [checked_by(accounts.clean_name)])
    headline = StringField(
        lazy("Headline"), [checked_by(profiles.clean_headline)], render_kw={"maxlength": profiles.HEADLINE_MAX}
    )
    bio = TextAreaField(lazy("About you"), [checked_by(profiles.clean_bio)], render_kw={"maxlength": profiles.BIO_MAX})
    education = TextAreaField(
        lazy("Education"), [checked_by(profiles.clean_education)], render_kw={"maxlength": profiles.EDUCATION_MAX}
    )
    interests = StringField(
        lazy("Interests"), [checked_by(profiles.clean_interests)], render_kw={"maxlength": profiles.INTERESTS_MAX}
    )
    photo = FileField(lazy("Photo"))
    remove_photo = BooleanField(lazy("Remove photo"))


class PreferencesForm(Form):
    language = SelectField(
        lazy("Language"),
        choices=list(LANGUAGES.items()),
        validate_choice=False,
        validators=[checked_by(profiles.clean_language)],
    )
    time_zone = SelectField(
        lazy("Time zone"),
        choices=time_zone_choices,
        validate_choice=False,
        validators=[checked_by(profiles.clean_time_zone)],
    )
    theme = RadioField(
        lazy("Theme"), choices=THEMES, validate_choice=False, validators=[checked_by(profiles.clean_theme)]
    )


class DeletionForm(Form):
    password = PasswordField(lazy("Your password"), [InputRequired(lazy("Write your password")), SHORT])
