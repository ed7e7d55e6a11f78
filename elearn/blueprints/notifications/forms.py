from collections.abc import Sequence

from wtforms import BooleanField, SelectField

from elearn.blueprints.forms import Form
from elearn.languages import lazy
from elearn.models import EmailChoice, NotificationKind
from elearn.services.notification_preferences import Preference, Wish

EMAIL_WORDS = [
    (EmailChoice.NOW, lazy("Email at once")),
    (EmailChoice.DIGEST, lazy("Email once a day")),
    (EmailChoice.OFF, lazy("No email")),
]


class PreferencesForm(Form):
    """Two controls for each kind that can be chosen; `form_of` adds them."""

    def wishes(self, preferences: Sequence[Preference]) -> dict[NotificationKind, Wish]:
        """Return what was chosen."""
        return {
            one.kind: Wish(self[f"page-{one.kind}"].data, EmailChoice(self[f"email-{one.kind}"].data))
            for one in preferences
            if not one.is_fixed
        }


def form_of(preferences: Sequence[Preference]) -> PreferencesForm:
    """Make the form for these preferences."""
    fields = {}
    for one in preferences:
        if not one.is_fixed:
            fields[f"page-{one.kind}"] = BooleanField(one.label, default=one.in_page)
            fields[f"email-{one.kind}"] = SelectField(one.label, choices=EMAIL_WORDS, default=one.email)
    form: PreferencesForm = type("FilledForm", (PreferencesForm,), fields)()
    return form
