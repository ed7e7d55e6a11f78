from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from elearn.blueprints.forms import Form, checked_by
from elearn.models import Theme
from elearn.services import accounts, profiles

THEMES = [(Theme.SYSTEM, "As my device"), (Theme.LIGHT, "Light"), (Theme.DARK, "Dark")]


def time_zone_choices() -> dict[str, list[tuple[str, str]]]:
    """Return the time zones by region, with the names of their places."""
    groups: dict[str, list[tuple[str, str]]] = {"World": [("UTC", "UTC")]}
    for zone in profiles.time_zones():
        region, _, place = zone.partition("/")
        if place:
            groups.setdefault(region, []).append((zone, place.replace("_", " ").replace("/", ", ")))
    return groups


class ProfileForm(Form):
    full_name = StringField("Full name", [checked_by(accounts.clean_name)])
    bio = TextAreaField("About you", [checked_by(profiles.clean_bio)], render_kw={"maxlength": profiles.BIO_MAX})
    photo = FileField("Photo")
    remove_photo = BooleanField("Remove photo")
    theme = RadioField("Theme", choices=THEMES, validate_choice=False, validators=[checked_by(profiles.clean_theme)])
    time_zone = SelectField(
        "Time zone",
        choices=time_zone_choices,
        validate_choice=False,
        validators=[checked_by(profiles.clean_time_zone)],
    )
