"""A list of people: looked over, confirmed once, carried out whatever happens in between."""

import csv
import io
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import ROOT, Settings
from elearn import clock
from elearn.emails import invitation as letter
from elearn.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import (
    Email,
    Enrolment,
    EnrolmentState,
    ImportRowState,
    ImportState,
    Invitation,
    InvitationImport,
    InvitationImportRow,
    Role,
    User,
)
from elearn.services import invitation_batches, invitation_imports, invitations
from elearn.services.invitation_imports import Shown
from tests import make
from tests.people import People
from tests.queries import counted
from tests.servers import environment
from tests.services_for_tests import free_port

OK, WARNING, ERROR, DONE, REFUSED = ImportRowState
HEADER = "email,full_name,role,course_codes\n"


def data(*rows: str, header: str = HEADER) -> io.BytesIO:
    return io.BytesIO((header + "".join(f"{row}\n" for row in rows)).encode())


def people(number: int, start: int = 0) -> list[str]:
    return [f"pupil{n}@n.example,Pupil {n},," for n in range(start, start + number)]


def begin(actor: User, *rows: str, **options: object) -> InvitationImport:
    return invitation_imports.start(actor, file_name="class.csv", stream=data(*rows), **options)  # type: ignore[arg-type]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def found(actor: User, of: InvitationImport, shown: Shown = "") -> dict[int, InvitationImportRow]:
    return {row.line: row for row in invitation_imports.rows(actor, of.id, shown=shown).items}


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let 10 rows be many."""
    monkeypatch.setattr(invitation_batches, "BATCH", 10)
    monkeypatch.setattr(invitation_imports, "BATCH", 10)
    return 10


@pytest.mark.usefixtures("school_database")
def test_the_preview_tells_all_and_changes_nothing(school: People) -> None:
    course = make.course(school.ada, code="BIO-7", title="Biology 7")
    foreign = make.course(school.root, code="SECRET-1")
    make.enrol(make.person("yuki", email="yuki@n.example"), course, EnrolmentState.BLOCKED)
    make.person("bad", email="bad@n.example", blocked_at=clock.now())
    invitations.invite(school.ada, email="old@n.example", role=Role.STUDENT)
    before = count(Invitation), count(Email), count(Enrolment)
    head = begin(
        school.ada,
        "new@n.example,New One,student,bio-7",  # 2
        "jana@northfield,Jana,,",
        "omar@n.example,Omar,Studnet,",
        "boss@n.example,Boss,manager,",
        "yuki@n.example,Yuki,,BIO-7",  # 6
        "bad@n.example,Bad,,",
        "x@n.example,X,,BIO-7 | NOPE-1",
        f"y@n.example,Y,,{foreign.code}",
        "old@n.example,Old,,",  # 10
        f"{school.ben.email},Benjamin,,BIO-7",
        "p@gmial.com,P,,",
        "NEW@n.example,New Again,,",
        "new@n.example,New,teacher,",  # 14
        ",Nobody,,",
        "two@n.example three@n.example,Two,,",
    )
    assert (count(Invitation), count(Email), count(Enrolment)) == before
    rows = found(school.ada, head)
    assert list(rows)[:10] == [3, 4, 5, 6, 7, 8, 9, 14, 15, 16], "the worst first"
    assert {line: row.state for line, row in rows.items()} == {
        2: OK, 3: ERROR, 4: ERROR, 5: ERROR, 6: ERROR, 7: ERROR, 8: ERROR, 9: ERROR, 10: WARNING, 11: WARNING,
        12: WARNING, 13: WARNING, 14: ERROR, 15: ERROR, 16: ERROR,
    }  # fmt: skip
    assert {line: row.field for line, row in rows.items() if row.state is ERROR} == {
        3: "email", 4: "role", 5: "role", 6: "course_codes", 7: "email", 8: "course_codes", 9: "course_codes",
        14: "role", 15: "email", 16: "email",
    }  # fmt: skip
    assert (rows[3].facts["mark"], rows[8].facts["mark"], rows[12].facts["mark"]) == (
        "northfield",
        "NOPE-1",
        "gmial.com",
    )
    # Nobody learns from the answer that a course of somebody else exists.
    assert rows[8].reason.replace("NOPE-1", "") == rows[9].reason.replace(foreign.code, "")
    assert "Biology 7" in rows[2].reason
    assert "Row 2" not in rows[2].reason
    assert "row 2" in rows[13].reason
    assert all(row.reason.endswith(".") for row in rows.values() if row.state is ERROR)
    assert (head.state, head.total, head.good, head.warned, head.bad) == (ImportState.CHECKED, 15, 3, 4, 10)
    assert set(found(school.ada, head, "look")) == {10, 11, 12, 13}
    assert len(found(school.ada, head, "out")) == 10


@pytest.mark.usefixtures("school_database")
def test_confirming_does_the_good_rows_once(school: People) -> None:
    course = make.course(school.ada, code="BIO-7")
    rows = ["a@n.example,A,,BIO-7", "b@n.example,B,,", f"{school.ben.email},,,BIO-7", "wrong,W,,", "a@n.example,A,,"]
    head = begin(school.ada, *rows, message="Until Monday")
    done = invitation_imports.confirm(school.ada, head.id)
    assert (done.state, done.done, done.bad) == (ImportState.DONE, 4, 1)
    assert done.finished_at
    assert done.facts["came"] == {"invited": 2, "enrolled": 1, "already_invited": 1}
    lines = found(school.ada, head)
    assert {line: row.state for line, row in lines.items()} == {5: ERROR, 2: DONE, 3: DONE, 4: DONE, 6: DONE}
    sent = db.session.scalars(select(Invitation).order_by(Invitation.email)).all()
    assert [(one.email, one.import_id, one.message) for one in sent] == [
        ("a@n.example", head.id, "Until Monday"),
        ("b@n.example", head.id, "Until Monday"),
    ]
    assert lines[2].invitation_id == sent[0].id
    letters = select(func.count()).select_from(Email).where(Email.letter == letter.__name__.rpartition(".")[2])
    assert db.session.scalar(letters) == 2
    enrolment = db.session.get(Enrolment, (course.id, school.ben.id))
    assert enrolment is not None
    assert enrolment.is_active
    # Once more, and the same file once more.
    assert invitation_imports.confirm(school.ada, head.id).done == 4
    again = begin(school.ada, *rows)
    assert (again.good, again.bad) == (0, 1)
    assert invitation_imports.confirm(school.ada, again.id).state is ImportState.DONE
    assert count(Invitation) == 2
    assert db.session.scalar(letters) == 2


@pytest.mark.usefixtures("school_database")
def test_only_who_is_newly_enrolled_counts_as_enrolled_and_a_second_upload_does_nothing(school: People) -> None:
    biology, chemistry = make.course(school.ada, code="BIO-7"), make.course(school.ada, code="CHEM-1")
    make.enrol(school.eve, biology)
    rows = [
        "a@n.example,A,,BIO-7",  # 2
        f"{school.ben.email},,,BIO-7",
        f"{school.ben.email},,,CHEM-1",
        f"{school.ben.email},,,BIO-7",
        f"{school.eve.email},,,BIO-7",  # 6
        f"{make.person().email},,,",
        "p@gmial.com,P,,",
        "A@n.example,A,,",
        "wrong,,,",
    ]
    head = begin(school.ada, *rows)
    expected = {"invited": 2, "enrolled": 1, "already_here": 4, "already_invited": 1, "refused": 0}
    assert invitation_imports.numbers(head) == expected
    assert head.good == 3
    seen = set(found(school.ada, head, "look"))
    assert seen == {3, 4, 5, 6, 7, 8, 9}
    done = invitation_imports.confirm(school.ada, head.id)
    assert invitation_imports.numbers(done) == expected
    assert db.session.get_one(Enrolment, (chemistry.id, school.ben.id)).is_active
    looked = found(school.ada, done, "look")
    assert set(looked) == seen, "warnings stay when the rows are done"
    assert looked[8].reason == "Did you mean gmail.com? It is sent as written."
    assert (looked[8].field, looked[8].facts["mark"]) == ("email", "gmial.com")
    assert invitation_imports.preview(school.ada, done.id).counts == {"": 9, "look": 7, "out": 1, "done": 8}
    again = begin(school.ada, *rows)
    nothing = {"invited": 0, "enrolled": 0, "already_here": 5, "already_invited": 3, "refused": 0}
    assert (invitation_imports.numbers(again), again.good) == (nothing, 0)
    assert invitation_imports.numbers(invitation_imports.confirm(school.ada, again.id)) == nothing


@pytest.mark.usefixtures("school_database")
def test_who_joins_two_courses_in_two_batches_is_one_person(school: People, small_batches: int) -> None:
    for code in ("BIO-7", "CHEM-1"):
        make.course(school.ada, code=code)
    head = begin(school.ada, f"{school.ben.email},,,BIO-7", *people(15), f"{school.ben.email},,,CHEM-1")
    expected = invitation_imports.numbers(head)
    assert (expected["enrolled"], expected["already_here"]) == (1, 1)
    assert "joins" in found(school.ada, head)[18].reason
    assert invitation_imports.numbers(invitation_imports.confirm(school.ada, head.id)) == expected
    assert count(Enrolment) == 2


@pytest.mark.usefixtures("school_database")
def test_two_who_confirm_at_once_invite_once(app: Flask, school: People, small_batches: int) -> None:
    head_id = begin(school.ada, *people(8)).id
    actor_id = school.ada.id
    db.session.rollback()
    told: list[object] = []
    start = threading.Barrier(4)

    def confirm() -> None:
        with app.app_context():
            actor = db.session.get_one(User, actor_id)
            start.wait()
            try:
                told.append(invitation_imports.confirm(actor, head_id).state)
            except Exception as error:  # noqa: BLE001 - the test names it
                told.append(error)
            db.session.remove()

    threads = [threading.Thread(target=confirm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert set(told) <= {ImportState.RUNNING, ImportState.DONE}, told
    db.session.rollback()
    assert count(Invitation) == 8
    assert db.session.get_one(InvitationImport, head_id).done == 8


@pytest.mark.usefixtures("school_database")
def test_a_long_list_goes_to_the_worker_and_its_file_goes_when_it_is_read(school: People, small_batches: int) -> None:
    shelf = storage()
    head = begin(school.ada, *people(35), "wrong,,,", "pupil3@n.example,Pupil 3,,")
    # Tests run jobs at once.
    assert (head.state, head.file, head.good, head.warned, head.bad) == (ImportState.CHECKED, None, 35, 1, 1)
    assert found(school.ada, head)[38].reason.startswith("Stands in row 5"), "across batches too"
    assert not [*shelf._folder.glob("imports/*")]  # type: ignore[attr-defined]
    done = invitation_imports.confirm(school.ada, head.id)
    assert (done.state, done.done) == (ImportState.DONE, 36)
    assert count(Invitation) == 35


@pytest.mark.usefixtures("school_database")
def test_what_stops_in_the_middle_goes_on_there(
    school: People, small_batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = begin(school.ada, *people(35), in_job=False)
    assert head.state is ImportState.CHECKING
    with pytest.raises(Conflict, match="still being read"):
        invitation_imports.confirm(school.ada, head.id)
    keep, calls = invitation_batches._keep, []

    def crash(*arguments: object) -> bool:
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(invitation_batches, "_keep", crash)
    with pytest.raises(KeyboardInterrupt):
        invitation_batches.check(head.id)
    assert invitation_imports.get(school.ada, head.id).done == 20
    invitation_batches.resume()
    assert invitation_imports.get(school.ada, head.id).state is ImportState.CHECKING, "somebody may be at it"
    monkeypatch.setattr(clock, "now", lambda real=clock.now: real() + timedelta(minutes=2))
    invitation_batches.resume()
    db.session.rollback()  # to see what the worker has committed
    head = invitation_imports.get(school.ada, head.id)
    assert (head.state, head.total, head.good, head.warned) == (ImportState.CHECKED, 35, 35, 0)

    invite_all, batches = invitations.invite_all, []

    def fall_over(*arguments: object, **options: object) -> object:
        batches.append(arguments)
        outcomes = invite_all(*arguments, **options)  # type: ignore[arg-type]
        if len(batches) == 2:
            raise KeyboardInterrupt  # after the rows were written, before the commit
        return outcomes

    monkeypatch.setattr(invitations, "invite_all", fall_over)
    invitation_imports.confirm(school.ada, head.id, in_job=False)
    with pytest.raises(KeyboardInterrupt):
        invitation_batches.run(head.id)
    assert count(Invitation) == count(Email) == 10
    invitation_batches.run(head.id)
    assert invitation_imports.get(school.ada, head.id).state is ImportState.DONE
    assert count(Invitation) == count(Email) == 35


KILLED = """
import sys
from uuid import UUID
from elearn import create_app
from elearn.services import invitation_batches
invitation_batches.BATCH = 5
with create_app().app_context():
    invitation_batches.run(UUID(sys.argv[1]), lambda done, total: print(done, flush=True))
"""


@pytest.mark.usefixtures("school_database")
def test_a_worker_that_is_killed_leaves_nothing_half_done(settings: Settings, school: People) -> None:
    head = begin(school.ada, *people(300))
    invitation_imports.confirm(school.ada, head.id, in_job=False)
    db.session.rollback()
    for _round in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(head.id)],
            cwd=ROOT, env=environment(settings, free_port()), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        worker.stdout.close()
        db.session.rollback()
        done = select(func.count()).select_from(InvitationImportRow).where(InvitationImportRow.state == DONE)
        assert count(Invitation) == count(Email) == db.session.scalar(done)
    db.session.rollback()
    assert 0 < count(Invitation) < 300
    invitation_batches.run(head.id)
    assert count(Invitation) == count(Email) == 300
    assert invitation_imports.get(school.ada, head.id).done == 300


def test_who_loses_the_right_meanwhile_invites_nobody_more(school: People, small_batches: int) -> None:
    head = begin(school.ada, *people(25))
    invitation_imports.confirm(school.ada, head.id, in_job=False)
    assert invitation_batches._run_batch(head.id) == (10, 25)
    make.change(school.ada, role=Role.STUDENT)
    invitation_batches.run(head.id)
    head = invitation_imports.get(school.ada, head.id)
    assert (head.state, head.done, count(Invitation)) == (ImportState.FAILED, 10, 10)
    assert head.error


def test_what_changed_since_the_preview_is_refused_row_by_row(school: People) -> None:
    course = make.course(school.ada, code="BIO-7")
    head = begin(school.ada, "a@n.example,,,BIO-7", "b@n.example,,,")
    make.change(course, code="BIO-8", code_key="bio-8")
    done = invitation_imports.confirm(school.ada, head.id)
    lines = found(school.ada, done)
    assert (lines[2].state, lines[3].state) == (REFUSED, DONE)
    assert "BIO-7" in lines[2].reason
    assert done.facts["came"] == {"refused": 1, "invited": 1}


def test_only_the_inviter_and_those_above_see_an_import(school: People) -> None:
    other = make.person(role=Role.TEACHER)
    with pytest.raises(Forbidden):
        begin(school.ben, *people(1))
    head = begin(school.ada, *people(1))
    for stranger in (other, school.ben, school.eve):
        with pytest.raises(NotFound):
            invitation_imports.get(stranger, head.id)
        with pytest.raises(NotFound):
            invitation_imports.rows(stranger, head.id)
        with pytest.raises(NotFound):
            invitation_imports.confirm(stranger, head.id)
        with pytest.raises(NotFound):
            invitation_imports.discard(stranger, head.id)
        with pytest.raises(NotFound):
            invitation_imports.left_out(stranger, head.id)
    assert invitation_imports.get(school.root, head.id).file_name == "class.csv"
    with pytest.raises(Forbidden, match="Only Ada Novak"):
        invitation_imports.confirm(school.root, head.id)
    assert not invitation_imports.list_for(school.root).items
    assert count(Invitation) == 0


def test_a_teacher_may_not_grant_and_a_manager_not_their_own_role(school: People) -> None:
    manager = make.person(role=Role.MANAGER)
    roles = [f"{role.value}@n.example,,{role.value}," for role in Role]
    for actor, refused in ((school.ada, {3, 4, 5}), (manager, {4, 5}), (school.root, set())):
        assert set(found(actor, begin(actor, *roles), "out")) == refused, actor.role


def test_courses_for_the_whole_list_are_for_those_who_enrol(school: People) -> None:
    course = make.course(school.root, code="BIO-7", title="Biology 7")
    head = begin(school.root, "a@n.example,,,", "t@n.example,,teacher,", course_ids=[course.id])
    lines = found(school.root, head)
    assert "Biology 7" in lines[2].reason
    assert "Biology 7" not in lines[3].reason
    draft = make.course(school.ada, state="draft")
    with pytest.raises(Invalid, match="own courses"):
        begin(school.ada, "a@n.example,,,", course_ids=[course.id])
    with pytest.raises(Invalid, match="not open"):
        begin(school.ada, "a@n.example,,,", course_ids=[draft.id])
    assert count(InvitationImport) == 1


def test_headers_of_mails_cannot_be_written_by_a_cell(school: People) -> None:
    head = begin(
        school.ada,
        '"a@n.example\r\nBcc: all@n.example",A,,',
        'b@n.example,"B\r\nBcc: all@n.example",,',
        "c@n.example,C\x07,,",
        "d@n.example,\u202ereversed,,",
    )
    lines = found(school.ada, head)
    assert [lines[line].state for line in (2, 6, 7)] == [ERROR, ERROR, ERROR]
    invitation_imports.confirm(school.ada, head.id)
    assert [(one.email, one.full_name) for one in db.session.scalars(select(Invitation))] == [
        ("b@n.example", "B Bcc: all@n.example")
    ]


def test_the_rows_left_out_come_as_csv_that_no_spreadsheet_runs_and_can_come_again(school: People) -> None:
    head = begin(school.ada, '=HYPERLINK("http://evil"),=1+1,@role,+X', "good@n.example,,,", "x@n,O'Neil,,")
    text = b"".join(invitation_imports.left_out(school.ada, head.id)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["email", "full_name", "role", "course_codes", "line", "reason"]
    assert rows[1][:5] == ['\'=HYPERLINK("http://evil")', "'=1+1", "'@role", "'+X", "2"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    again = invitation_imports.start(school.ada, file_name="mended.csv", stream=io.BytesIO(text.encode()))
    assert again.facts["ignored"] == []
    assert [row.full_name for row in found(school.ada, again).values()] == ["=1+1", "O'Neil"]


def test_a_list_that_is_far_too_long_is_refused_cheaply(school: People) -> None:
    stream = io.BytesIO(b"email\n" + b"".join(b"p%d@n.example\n" % n for n in range(100_000)))
    with counted() as statements, pytest.raises(Invalid, match="more than 10,000 rows"):
        invitation_imports.start(school.ada, file_name="all.csv", stream=stream)
    assert len(statements) <= 2
    assert count(InvitationImport) == 0


def test_what_cannot_be_read_leaves_nothing_behind(school: People) -> None:
    for text in (b"", b"name\nAda\n", b"\x00\x01", b'email\n"open'):
        with pytest.raises(Invalid):
            invitation_imports.start(school.ada, file_name="x.csv", stream=io.BytesIO(text))
    with pytest.raises(Invalid, match="1000 characters"):
        begin(school.ada, *people(1), message="x" * 1001)
    assert count(InvitationImport) == 0


@pytest.mark.parametrize(
    ("name", "kept"),
    [("C:\\lists\\7b.csv", "7b.csv"), ("../../etc/passwd", "passwd"), ("a\u202eb\x00.csv", "ab.csv"), ("", "list.csv")],
)
def test_the_name_of_the_file_is_only_a_name(school: People, name: str, kept: str) -> None:
    assert invitation_imports.start(school.ada, file_name=name, stream=data(*people(1))).file_name == kept


def test_discarding_forgets_the_list_and_stops_what_runs(school: People, small_batches: int) -> None:
    preview = begin(school.ada, *people(3))
    assert invitation_imports.discard(school.ada, preview.id) == "class.csv"
    with pytest.raises(NotFound):
        invitation_imports.get(school.ada, preview.id)
    unread = begin(school.ada, *people(25), in_job=False)
    invitation_imports.discard(school.ada, unread.id)
    assert not [*storage()._folder.glob("imports/*")]  # type: ignore[attr-defined]
    running = begin(school.ada, *people(25))
    invitation_imports.confirm(school.ada, running.id, in_job=False)
    invitation_batches._run_batch(running.id)
    invitation_imports.discard(school.ada, running.id)
    invitation_batches.run(running.id)
    assert count(Invitation) == 10
    assert count(InvitationImportRow) == 0


def test_old_imports_go_with_their_files(school: People, small_batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(school.ada, *people(25), in_job=False)
    done = begin(school.ada, *people(3))
    invitation_imports.confirm(school.ada, done.id)
    invitation_batches.sweep()
    assert count(InvitationImport) == 2
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    invitation_batches.sweep()
    assert count(InvitationImport) == count(InvitationImportRow) == 0
    assert not [*storage()._folder.glob("imports/*")]  # type: ignore[attr-defined]
    assert count(Invitation) == 3


@pytest.mark.usefixtures("school_database")
def test_two_rows_and_twenty_rows_cost_the_same(school: People) -> None:
    make.course(school.ada, code="BIO-7")

    def cost(number: int, start: int) -> tuple[int, int]:
        rows = [f"{row}BIO-7" for row in people(number, start)]
        with counted() as checking:
            head = begin(school.ada, *rows)
        with counted() as inviting:
            invitation_imports.confirm(school.ada, head.id)
        return len(checking), len(inviting)

    cost(1, 1000)
    assert cost(2, 0) == cost(20, 100)


def test_the_sentences_are_in_the_language_of_the_inviter(school: People, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(invitation_batches, "in_language", lambda code: heard.append(code) or _quietly())
    make.change(school.ada, language="de")
    head = begin(school.ada, *people(1))
    invitation_imports.confirm(school.ada, head.id)
    assert heard == ["de"]


def _quietly() -> io.StringIO:
    return io.StringIO()  # anything that can stand in a `with`


def test_ten_lists_may_wait_and_one_that_is_decided_makes_place(
    school: People, school_database: str, small_batches: int
) -> None:
    lists = [begin(school.ada, *people(1)).id for _ in range(9)]
    lists.append(begin(school.ada, *people(25)).id)  # still to be read
    kept = len([*storage()._folder.glob("imports/*")])  # type: ignore[attr-defined]
    for number in (1, 25):
        with pytest.raises(Conflict, match="10 of your lists wait already"):
            begin(school.ada, *people(number))
    assert count(InvitationImport) == 10
    assert len([*storage()._folder.glob("imports/*")]) == kept  # type: ignore[attr-defined]
    assert begin(school.root, *people(1)).good == 1
    invitation_imports.confirm(school.ada, lists[0])
    assert begin(school.ada, *people(1)).id
    with pytest.raises(Conflict):
        begin(school.ada, *people(1))
    invitation_imports.discard(school.ada, lists[-1])
    assert begin(school.ada, *people(1)).id


@pytest.mark.parametrize("overrides", [{"rate_limits": True}])
def test_twenty_lists_an_hour_are_enough(overrides: dict[str, object], school: People) -> None:
    for _ in range(20):
        invitation_imports.discard(school.ada, begin(school.ada, *people(1)).id)
    with pytest.raises(RateLimited):
        begin(school.ada, *people(1))
    assert begin(school.root, *people(1)).good == 1
