"""The page of the activity log, narrowed by its own links."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient

from elearn.models import User
from elearn.services import enrolments
from tests import make
from tests.people import People


def test_the_name_of_a_course_leads_to_what_happened_in_it(
    school: People, as_person: Callable[[User], FlaskClient]
) -> None:
    for title in ("Biology 7", "Drawing"):
        enrolments.enrol(school.ben, make.course(school.ada, title=title).id)
    browser = as_person(school.root)
    (link,) = re.findall(r'href="(/activity\?object=[^"]+)">Biology 7</a>', browser.get("/activity").text)
    page = browser.get(f"{unescape(link)}&kind=enrolled").text
    assert "Only what happened in or with Biology 7" in page
    assert "Drawing" not in page
    assert f'name="object" value="{link.partition("=")[2]}"' in page
    assert "Drawing" in browser.get("/activity?object=nothing-known").text
    course_id = link.partition("=")[2]
    assert "Drawing" not in browser.post("/activity/export", data={"object": course_id}).text
