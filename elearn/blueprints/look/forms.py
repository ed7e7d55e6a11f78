from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from elearn.blueprints.forms import Form


class GalleryForm(Form):
    """One field of each type."""

    code = StringField("Course code")
    title = StringField("Title", [Length(max=80)])
    ends = DateField("Ends on")
    capacity = IntegerField("Capacity", [Optional()])
    subject = SelectField("Subject", choices=["Science", "Music"])
    about = TextAreaField("Description", [Length(max=200)])
    password = PasswordField("Password")
    role = RadioField("You are", choices=[("student", "A student"), ("teacher", "A teacher")])
    tell = BooleanField("Tell Yuki by email")
    photo = FileField("Photo")
    file = FileField("File")
