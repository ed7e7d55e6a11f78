from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn import clock
from elearn.identity import me
from elearn.services import home

bp = Blueprint("home", __name__)

PAGES = {
    home.StudentHome: "home/student.html",
    home.TeacherHome: "home/teacher.html",
    home.ManagerHome: "home/manager.html",
}
MORNING, AFTERNOON, EVENING = 4, 12, 18


def greeting(hour: int) -> str:
    if MORNING <= hour < AFTERNOON:
        return "Good morning"
    return "Good afternoon" if AFTERNOON <= hour < EVENING else "Good evening"


@bp.get("/")
@login_required
def index() -> ResponseReturnValue:
    """Show what matters now to whoever is signed in."""
    actor = me()
    found = home.for_person(actor)
    here = clock.now().astimezone(ZoneInfo(actor.time_zone))
    return render_template(
        PAGES[type(found)],
        home=found,
        greeting=f"{greeting(here.hour)}, {actor.first_name}",
        day=f"{here:%A} {here.day} {here:%B}",
        today=here.date(),
    )
