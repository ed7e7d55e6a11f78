from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from elearn.identity import me
from elearn.permissions import Action, can
from elearn.services import classrooms

bp = Blueprint("classrooms", __name__)


@bp.get("/classrooms/<uuid:classroom_id>/")
@login_required
def show(classroom_id: UUID) -> ResponseReturnValue:
    """Show the room; its state comes with the first event."""
    actor = me()
    room = classrooms.get(actor, classroom_id)
    lesson = classrooms.open_lesson(room)
    return render_template("classroom/show.html", room=room, lesson=lesson, leads=can(actor, Action.LEAD_ROOM, room))
