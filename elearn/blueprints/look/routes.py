from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from elearn.blueprints.look.forms import GalleryForm

bp = Blueprint("look", __name__)


@dataclass(frozen=True)
class Person:
    """Somebody to draw; nobody of the database."""

    full_name: str
    email: str
    tint: int
    photo_url: str | None = None

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.full_name.split())


@dataclass(frozen=True)
class Book:
    """A course to draw."""

    title: str
    cloth: int
    pattern: str
    icon: str
    summary: str = ""


@dataclass(frozen=True)
class Page:
    page: int
    pages: int
    total: int
    per_page: int


PEOPLE = (
    Person("Ben Kowalski", "ben.k@northfield.example", 2),
    Person("Elif Aydın", "elif.aydin@northfield.example", 3),
    Person("Chidi Okafor", "chidi.okafor@northfield.example", 6),
    Person("Ada Novak", "ada.novak@northfield.example", 4),
    Person("Lea Brandt", "lea.brandt@northfield.example", 1),
    Person("Ravi Chandra", "ravi.c@northfield.example", 5),
)
BOOKS = (
    Book("Observing the Night Sky", 1, "night", "", "Find your way by eye, chart and binoculars."),
    Book("Plants and their Cells", 7, "leaf", ""),
    Book("Fractions and Ratios", 3, "squared", "percent"),
    Book("Reading Music from Zero", 5, "staves", "music-note-beamed"),
    Book("Rivers, Coasts, Mountains", 8, "rings", "globe-europe-africa"),
    Book("Spanish A2: Everyday Conversations", 4, "ruled", "chat-quote"),
    Book("First Steps in Python", 6, "dots", "code-slash"),
    Book("The Age of Sail", 2, "hatch", "hourglass-split"),
)


@bp.get("/look")
def index() -> ResponseReturnValue:
    form = GalleryForm(
        formdata=None,
        data={
            "code": "NIGHT-24",
            "title": "Observing the Night Sky",
            "ends": date(2026, 9, 1),
            "role": "student",
            "tell": True,
        },
    )
    form.ends.errors = ["Choose a day after the start, 2 September"]
    return render_template("look/index.html", form=form, people=PEOPLE, courses=BOOKS, page=Page(2, 5, 37, 8))
