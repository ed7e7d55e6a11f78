from wtforms import StringField

from elearn.blueprints.forms import Form
from elearn.languages import lazy


class StatusForm(Form):
    """Hold what somebody wants to say; the service looks at it."""

    text = StringField(lazy("What are you working on?"))
