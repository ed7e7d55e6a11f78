"""The people search: what it finds, who sees what of it, and that it never reads all people."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text, update

from elearn import clock
from elearn.errors import Forbidden, Invalid, NotFound
from elearn.extensions import db
from elearn.models import EnrolmentState, PersonWord, Role, User, uuid7
from elearn.permissions import OPERATOR, Actor
from elearn.services import directory, search
from elearn.services.directory import Only, PeopleSort, State
from elearn.transaction import writing
from tests import make
from tests.people import People
from tests.queries import counted, planned


def names(q: str = "", actor: Actor = OPERATOR, **only: object) -> list[str]:
    return [person.full_name for person in directory.search_people(actor, q=q, only=Only(**only)).items]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Ada Novak", "Ben Kowalski", "Eve Outsider", "Root Admin", "Zoë Ångström-Kay"]),
        ("kow", ["Ben Kowalski"]),
        ("KOWALSKI ben", ["Ben Kowalski"]),
        ("owal", []),
        ("ben@school.ex", ["Ben Kowalski"]),
        ("ben@other", []),
        ("school", ["Ada Novak", "Ben Kowalski", "Eve Outsider", "Root Admin"]),
        ("zoë ån", ["Zoë Ångström-Kay"]),
        ("ÅNGSTRÖM-K", ["Zoë Ångström-Kay"]),
        ("z.ka", ["Zoë Ångström-Kay"]),
        ("ad", ["Ada Novak", "Root Admin"]),
        ("%", []),
        ("b_n", []),
        ("\0ben", ["Ben Kowalski"]),
        ("\ud800", []),
        ("b\U0010ffff", ["Ben Kowalski"]),
        ("ben " * 30, ["Ben Kowalski"]),
    ],
)
def test_words_find_who_has_words_that_begin_so(
    app: Flask, school: People, school_database: str, q: str, found: list[str]
) -> None:
    make.person("z.kay", full_name="Zoë Ångström-Kay", email="zoe@elsewhere.example")
    assert names(q) == found


def test_filters_narrow_and_the_blocked_are_left_out_on_request(app: Flask, school: People) -> None:
    make.person("barred", full_name="Barred One", blocked_at=school.ben.created_at)
    make.person("asks", full_name="Asks More", requested_role=Role.TEACHER)
    make.person("fresh", full_name="Fresh Face", email_verified_at=None)
    gone = make.person("gone", full_name="Gone Away")
    with writing(db.session()):
        gone.deleted_at = school.ben.created_at
        search.index(gone)
    assert "Gone Away" not in names()
    assert names("gone") == []
    assert names(role=Role.TEACHER) == ["Ada Novak"]
    assert names("a", role=Role.TEACHER) == ["Ada Novak"]
    assert "Barred One" in names("b")
    assert names("b", blocked=False) == ["Ben Kowalski"]
    assert names(blocked=True) == names(state=State.BLOCKED) == names("barred", blocked=True) == ["Barred One"]
    assert names(state=State.WAITING) == ["Asks More"]
    assert names(state=State.UNVERIFIED) == ["Fresh Face"]
    assert "Barred One" not in names(state=State.ACTIVE)


def test_teachers_see_addresses_only_of_their_own_students(app: Flask, school: People) -> None:
    course = make.course(school.ada)
    make.enrol(school.ben, course)
    make.enrol(school.eve, course, EnrolmentState.LEFT)
    seen = {person.full_name: person for person in directory.search_people(school.ada).items}
    assert seen["Ben Kowalski"].email == school.ben.email
    assert {name for name, person in seen.items() if person.email} == {"Ben Kowalski"}
    assert {(person.created_at, person.is_verified, person.requested_role) for person in seen.values()} == {(None,) * 3}
    assert names(school.eve.email, school.ada) == ["Eve Outsider"]
    assert all(person.email for person in directory.search_people(school.root).items)


def test_who_may_not_search_finds_nobody(app: Flask, school: People) -> None:
    unverified = make.person(role=Role.TEACHER, email_verified_at=None)
    for actor in (school.ben, unverified):
        with pytest.raises(Forbidden):
            directory.search_people(actor, q="ada")
    for attempt in (
        lambda: directory.search_people(school.ada, only=Only(state=State.UNVERIFIED)),
        lambda: directory.search_people(school.ada, sort=PeopleSort.NEWEST),
        lambda: directory.page_of(school.ada, school.ben.id),
        lambda: directory.waiting(school.ada),
    ):
        with pytest.raises(Forbidden):
            attempt()
    with pytest.raises(NotFound):
        directory.page_of(school.root, uuid7())


def test_another_name_is_found_at_once_and_the_old_one_is_not(app: Flask, school: People) -> None:
    ben = school.ben
    with writing(db.session()):
        ben.full_name, ben.name_key = "Benno Berg", "benno berg"
        search.index(ben)
    assert (names("kowalski"), names("berg")) == ([], ["Benno Berg"])


# With many people


def crowd(number: int) -> None:
    """Make many people at once: all share a word, every tenth another, one has a rare one; one in forty teaches."""
    rows, words = [], []
    for count in range(number):
        name = f"{'Mona' if count % 10 == 0 else 'Zack'} {'Unique' if count == 7 else 'Usual'} {count:05}"
        row = {
            "id": uuid7(), "username": f"usr{count}", "username_key": f"usr{count}", "email": f"usr{count}@x.example",
            "email_key": f"usr{count}@x.example", "full_name": name, "name_key": name.lower(), "password_hash": "none",
            "role": Role.TEACHER if count % 40 == 0 else Role.STUDENT,
        }  # fmt: skip
        rows.append(row)
        words += search.rows_of(User(**row))
    with writing(db.session()):
        db.session.execute(insert(User), rows)
        db.session.execute(insert(PersonWord), words)
    db.session.execute(text("analyze"))
    db.session.commit()


@pytest.fixture
def many(app: Flask, school_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A school of 4,000, with bounds as much smaller as it is smaller than a very large one."""
    crowd(4000)
    monkeypatch.setattr(search, "FEW", 200)
    monkeypatch.setattr(search, "FIRST_PEOPLE", 300)
    monkeypatch.setattr(search, "EACH_WORD", 3)
    monkeypatch.setattr(search, "READ", 20)
    return school_database


SEARCHES: dict[str, tuple[str, Only]] = {
    "nothing typed": ("", Only()),
    "one rare word": ("uniq", Only()),
    "one common word": ("mona", Only()),
    "one word of all": ("usual", Only()),
    "one name of most, late by name": ("zack", Only()),
    "its beginning": ("za", Only()),
    "it and a word of all": ("zack usual", Only()),
    "it and a role": ("zack", Only(role=Role.STUDENT)),
    "two words": ("mona unique", Only()),
    "two common words": ("mona usual", Only()),
    "an address": ("usr7@x.ex", Only()),
    "a role": ("", Only(role=Role.TEACHER)),
    "a role and a word of all": ("usual", Only(role=Role.TEACHER)),
    "a role that few have": ("usual", Only(role=Role.ADMIN)),
    "without the blocked": ("", Only(blocked=False)),
    "without the blocked, one word": ("mona", Only(blocked=False)),
    "the blocked": ("usual", Only(state=State.BLOCKED)),
    "who waits": ("", Only(state=State.WAITING)),
    "who proved no address": ("uniq", Only(state=State.UNVERIFIED)),
    "who cannot be reached": ("usual", Only(state=State.UNREACHABLE)),
}


def plans(q: str, only: Only, dialect: str) -> list[tuple[str, str]]:
    """Return each statement of a search, and how the database answers it with the values that it had."""
    return planned(lambda: directory.search_people(OPERATOR, q=q, only=only), dialect)


# How each database says that it reads a whole table: SQLite's SCAN ... USING INDEX walks in the order of the names.
WHOLE = {"sqlite": r"SCAN {table}(?! USING)", "postgresql": r"Seq Scan on {table}\b"}


def test_no_search_reads_all_people_or_all_words(many: str) -> None:
    for name, (q, only) in SEARCHES.items():
        found = plans(q, only, many)
        for statement, plan in found:
            # Counting goes no further than its bound; where every sixth word fits, reading them in any order is right.
            assert "LIMIT" in statement or "users.id IN" in statement, (name, statement)
            is_count = statement.startswith("SELECT count")
            for table, may_be_read in (("users", is_count), ("person_words", is_count and name not in INDEXES)):
                reads_all = re.search(WHOLE[many].format(table=table), plan)
                assert may_be_read or not reads_all, (name, statement, plan)
        for index in INDEXES.get(name, {}).get(many, ()):
            assert any(index in plan for _, plan in found), (name, index, found)


NEWEST: dict[str, tuple[Only, str]] = {
    "all": (Only(), "ix_users_created_at"),
    "a role": (Only(role=Role.TEACHER), "ix_users_role_created_at"),
    "without the blocked": (Only(blocked=False), "ix_users_created_at"),
    "the blocked": (Only(blocked=True), "ix_users_blocked"),
    "the blocked of a role": (Only(role=Role.STUDENT, state=State.BLOCKED), "ix_users_blocked"),
    "who waits": (Only(state=State.WAITING), "ix_users_asking"),
    "who proved no address": (Only(state=State.UNVERIFIED), "ix_users_unverified"),
    "who cannot be reached": (Only(state=State.UNREACHABLE), "ix_users_unreachable"),
}


def test_the_newest_are_read_off_an_index(many: str) -> None:
    # As most of a school is: almost everybody has proved the address, and came at a moment of their own.
    with writing(db.session()):
        proved = User.email_verified_at.is_(None) & (User.username_key != "usr7")
        db.session.execute(update(User).where(proved).values(email_verified_at=func.current_timestamp()))
    db.session.execute(text("analyze"))
    db.session.commit()
    for name, (only, index) in NEWEST.items():
        found = planned(lambda only=only: newest(only=only), many)
        listing = [plan for statement, plan in found if "ORDER BY" in statement]
        assert len(listing) == 1, name
        assert index in listing[0], (name, found)
        assert not re.search(WHOLE[many].format(table="users"), listing[0]), (name, found)


def newest(q: str = "", **asked: Any) -> list[str]:
    found = directory.search_people(OPERATOR, q=q, sort=PeopleSort.NEWEST, **asked)
    return [person.full_name for person in found.items]


def test_the_newest_come_first_and_are_not_searched_for_by_words(app: Flask, school: People) -> None:
    for number, name in enumerate(("Zoe First", "Adam Second"), start=1):
        make.person(full_name=name, created_at=clock.now() + timedelta(days=number), blocked_at=clock.now())
    assert newest()[:2] == newest(only=Only(blocked=True)) == ["Adam Second", "Zoe First"]
    assert newest(" ", only=Only(role=Role.ADMIN)) == ["Root Admin"]
    assert newest(page=2, per_page=1) == ["Zoe First"]
    with pytest.raises(Invalid) as refused:
        newest("ben")
    assert refused.value.data["field"] == "sort"


WORDS = {"sqlite": ("sqlite_autoindex_person_words_1",), "postgresql": ("pk_person_words",)}
INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    "one rare word": WORDS,
    "two words": WORDS,
    "an address": WORDS,
    **{
        name: dict.fromkeys(WORDS, (index,))
        for name, index in (
            ("nothing typed", "ix_users_name_key_id"),
            ("a role", "ix_users_role_name_key_id"),
            ("without the blocked", "ix_users_name_key_id"),
            ("who waits", "ix_users_asking"),
        )
    },
}


def test_shortcuts_find_what_reading_all_would_find(many: str) -> None:
    for name, (q, only) in SEARCHES.items():
        words = [func.lower(User.full_name + " " + User.email).contains(word) for word in q.split()]
        conditions = [User.role == only.role] if only.role else []
        conditions += directory.STATES[only.state] if only.state else ()
        everybody = select(User.full_name).where(*words, *conditions).order_by(User.name_key, User.id)
        expected = db.session.scalars(everybody).all()
        for page in (1, 2, 5):
            found = directory.search_people(OPERATOR, q=q, only=only, page=page, per_page=10)
            assert [person.full_name for person in found.items] == expected[(page - 1) * 10 : page * 10], (name, page)
            assert found.total == len(expected) or (found.is_more and found.total < len(expected)), (name, page)


def test_a_search_asks_a_handful_of_questions(many: str) -> None:
    for q, only in SEARCHES.values():
        with counted() as statements:
            directory.search_people(OPERATOR, q=q, only=only)
        assert len(statements) <= 2 + len(q.split()) + 3
