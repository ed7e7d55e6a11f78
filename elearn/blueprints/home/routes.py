from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn import clock
from elearn.identity import me
from elearn.languages import _, language
from elearn.models import User
from elearn.services import home

bp = Blueprint("home", __name__)

PAGES = {
    home.StudentHome: "home/student.html",
    home.TeacherHome: "home/teacher.html",
    home.ManagerHome: "home/manager.html",
}
MORNING, AFTERNOON, EVENING = 4, 12, 18


def greeting(hour: int, name: str) -> str:
    if MORNING <= hour < AFTERNOON:
        return _("Good morning, %(name)s", name=name)
    if AFTERNOON <= hour < EVENING:
        return _("Good afternoon, %(name)s", name=name)
    return _("Good evening, %(name)s", name=name)


@bp.get("/")
@login_required
def index() -> ResponseReturnValue:
    """Show what matters now to whoever is signed in."""
    template, shown = first_page(me())
    return render_template(template, **shown)


def first_page(actor: User) -> tuple[str, dict[str, Any]]:
    """Return the template of somebody's first page, and what it shows."""
    found = home.for_person(actor)
    here = clock.now().astimezone(ZoneInfo(actor.time_zone))
    return PAGES[type(found)], {
        "home": found,
        "greeting": greeting(here.hour, actor.first_name),
        "day": format_date(here.date(), _("EEEE d MMMM"), locale=language()),
        "today": here.date(),
    }
