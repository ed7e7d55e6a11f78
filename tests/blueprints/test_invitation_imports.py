"""The pages of an import: choose, look over, confirm, report."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from elearn.extensions import db
from elearn.models import ImportState, Invitation, InvitationImport
from elearn.services import invitation_batches, invitation_imports
from tests import make
from tests.people import People
from tests.queries import none_while_rendering

UPLOAD = "/invitations/import"


def file_of(text: str, name: str = "class-7b.csv") -> dict[str, Any]:
    return {"file": (io.BytesIO(text.encode()), name)}


def invited() -> int:
    return db.session.scalar(select(func.count()).select_from(Invitation)) or 0


def test_from_the_file_to_the_report(app: Flask, school: People, as_person: Any) -> None:
    course = make.course(school.ada, title="Biology 7", code="BIO-7")
    browser = as_person(school.ada)
    page = browser.get(UPLOAD).text
    assert 'enctype="multipart/form-data"' in page
    assert "Biology 7" in page
    text = "email;name of class;full_name\na@n.example;7b;<b>A</b>\njana@northfield;7b;Jana\nb@gmial.com;7b;B\n"
    answer = browser.post(UPLOAD, data=file_of(text) | {"course_ids": [str(course.id)], "message": "Until Monday"})
    assert answer.status_code == 302
    address = answer.headers["Location"]
    with none_while_rendering(app):
        page = browser.get(address).text
    assert "Check the list before inviting" in page
    assert "Nothing has been sent yet." in page
    assert "jana@<mark>northfield</mark>" in page
    assert "b@<mark>gmial.com</mark>" in page
    assert "&lt;b&gt;A&lt;/b&gt;" in page
    assert "Not read: name of class." in page
    assert "joins Biology 7" in page
    assert "Invite 2 people" in page
    assert page.index("jana@") < page.index("b@<mark>") < page.index("a@n.example"), "the worst first"
    assert invited() == 0
    assert "a@n.example" not in browser.get(f"{address}?show=out").text
    assert browser.get(f"{address}?page=9").headers["Location"].endswith("page=1")
    left_out = browser.get(f"{address}/left-out.csv")
    assert left_out.mimetype == "text/csv"
    assert "attachment" in left_out.headers["Content-Disposition"]
    assert "The address has no ending" in left_out.data.decode("utf-8-sig")
    assert browser.post(f"{address}/confirm").headers["Location"] == address
    page = browser.get(address).text
    assert "What came of the list" in page
    assert "Invite 2 people" not in page
    assert invited() == 2
    assert browser.post(f"{address}/confirm").status_code == 302
    assert invited() == 2
    assert "class-7b.csv" in browser.get(UPLOAD).text
    again = browser.post(UPLOAD, data=file_of(text)).headers["Location"]
    assert "Everybody in this list is here or invited already." in browser.get(again).text


def figures(page: str) -> list[tuple[str, str]]:
    """Return the numbers of an import with what stands beside them."""
    found = re.findall(r'class="import-figure">(\d+)</span>(.*?)</li>', page, re.DOTALL)
    return [(number, " ".join(re.sub(r"<[^>]*>", " ", rest).split())) for number, rest in found]


def test_the_page_counts_as_the_command_does(school: People, as_person: Any) -> None:
    make.enrol(school.eve, make.course(school.ada, code="BIO-7"))
    browser = as_person(school.ada)
    text = f"email,course_codes\na@gmial.com,BIO-7\n{school.ben.email},BIO-7\n{school.eve.email},BIO-7\nwrong,\n"
    address = browser.post(UPLOAD, data=file_of(text)).headers["Location"]
    assert figures(browser.get(address).text) == [
        ("1", "will be invited"), ("1", "will be enrolled"), ("3", "to look at"), ("1", "left out"),
    ]  # fmt: skip
    browser.post(f"{address}/confirm")
    assert figures(browser.get(address).text) == [
        ("1", "invited"), ("1", "enrolled"), ("1", "here or invited already"), ("1", "left out"),
    ]  # fmt: skip
    looked = browser.get(f"{address}?show=look").text
    assert "a@<mark>gmial.com</mark>" in looked
    assert re.search(r'aria-current="true">To look at <span class="segment-count">3<', looked)
    again = browser.post(UPLOAD, data=file_of(text)).headers["Location"]
    browser.post(f"{again}/confirm")
    assert figures(browser.get(again).text) == [
        ("0", "invited"), ("3", "here or invited already"), ("1", "left out"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose the file that has the list."),
        (file_of(""), "This file is empty."),
        (file_of("name\nAda\n"), "The first row must name the columns"),
        (file_of("PK\x03\x04 and more", "list.xlsx"), "This is a workbook, not a CSV file."),
        (file_of("email\na@n.example\n") | {"message": "x" * 1001}, "Use at most 1000 characters"),
        (file_of("email\na@n.example\n") | {"course_ids": ["0199f2c4-7a51-7c3e-9d1f-2b6f0c1d9e55"]}, "course"),
        (file_of("email\n" + "x" * 5_000_000), "larger than 5 MB"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field(
    school: People, as_person: Any, sent: dict[str, Any], said: str
) -> None:
    answer = as_person(school.ada).post(UPLOAD, data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'class="error-summary"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(InvitationImport)) == 0


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(school: People, as_person: Any) -> None:
    assert as_person(school.ada).post(UPLOAD, data=file_of("email\n" + "x" * 10_500_000)).status_code == 413


@pytest.mark.parametrize("state", [ImportState.CHECKING, ImportState.RUNNING])
def test_while_the_worker_is_at_it_the_page_shows_how_far(
    app: Flask, school: People, as_person: Any, state: ImportState
) -> None:
    head = invitation_imports.start(
        school.ada, file_name="x.csv", stream=io.BytesIO(b"email\na@n.example\nb@n.example\n")
    )
    make.change(head, state=state, done=1)
    page = as_person(school.ada).get(f"{UPLOAD}/{head.id}").text
    assert f'data-url="/api/invitations/bulk/{head.id}/"' in page
    assert re.search(r'<progress [^>]*value="1" max="2"', page)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert ("Stop inviting" in page) is (state is ImportState.RUNNING)


def test_an_import_that_ended_early_says_why(school: People, as_person: Any) -> None:
    head = invitation_imports.start(school.ada, file_name="x.csv", stream=io.BytesIO(b"email\na@n.example\n"))
    make.change(head, state=ImportState.RUNNING)
    invitation_batches._fail(head.id, "You may not invite any more.")
    page = as_person(school.ada).get(f"{UPLOAD}/{head.id}").text
    assert "You may not invite any more." in page
    assert "Not done" in page


def test_choosing_another_file_forgets_the_list(school: People, as_person: Any) -> None:
    browser = as_person(school.ada)
    address = browser.post(UPLOAD, data=file_of("email\na@n.example\n")).headers["Location"]
    assert browser.post(f"{address}/discard").headers["Location"] == UPLOAD
    assert browser.get(address).status_code == 404


def test_the_empty_list_is_one_that_is_read(school: People, as_person: Any) -> None:
    sent = as_person(school.ada).get(f"{UPLOAD}/template.csv")
    assert sent.data.decode("utf-8-sig") == "email,full_name,role,course_codes\r\n"
