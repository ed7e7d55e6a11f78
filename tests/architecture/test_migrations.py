"""Migrations: one line of history, the same tables as the models say, up and down and up again without a loss."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Engine, Enum, create_engine, inspect, select, text
from sqlalchemy import table as table_named

from config import ROOT, Settings
from elearn import create_app
from elearn.extensions import NAMING, db
from elearn.models import uuid7
from tests import make, people
from tests.conftest import settings_for

SCRIPTS = ScriptDirectory(str(ROOT / "migrations"))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def own_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A migrated database of its own: what is tried here would disturb the tables that other tests empty."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "elearn.db")
        yield settings_for(tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    name = f"elearn_migrations_{tmp_path.parent.name.rpartition('-')[2]}_{id(request)}"
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg2://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        yield settings_for(tmp_path, database_url=f"{server.rsplit('/', 1)[0]}/{name}")
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        admin.dispose()


@pytest.fixture
def migrated(own_settings: Settings) -> Iterator[Flask]:
    app = create_app(own_settings)
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def seed() -> None:
    """Put at least one row into every table of the first revision on."""
    school = people.arrive()
    course = make.course(school.ada, code="ÉTÉ-1", summary="Ωmega, 'quoted', 100 %")
    make.enrol(school.ben, course)
    make.sign_in(school.ben)
    room = make.room(course)
    made: dict[str, Any] = {}
    for table in db.metadata.sorted_tables:
        if db.session.execute(table.select().limit(1)).first() is None:
            made[table.name] = _row(table, {"classrooms": room.id, "courses": course.id, "users": school.ben.id} | made)
            db.session.execute(table.insert().values(**made[table.name]))
            made[table.name] = made[table.name].get("id")
    db.session.commit()


def _row(table: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return the values that this table cannot do without."""
    values: dict[str, Any] = {}
    for column in table.columns:
        for key in column.foreign_keys:
            values[column.name] = known.get(key.column.table.name)
        if column.name in values or column.nullable or column.default is not None:
            continue
        if isinstance(column.type, Enum):
            values[column.name] = column.type.enums[0]
            continue
        kind = column.type.python_type if hasattr(column.type, "python_type") else str
        samples: dict[Any, Any] = {str: "text", int: 1, bool: True, dict: {"kind": "pen"}}
        values[column.name] = [{"op": "clear"}] if column.name == "ops" else samples.get(kind, "text")
    if table.primary_key.columns.keys() == ["id"]:
        values.setdefault("id", uuid7())
    return values


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select("*").select_from(table_named(name)))), key=repr)
            for name in inspect(connection).get_table_names()
            if name != "alembic_version"
        }


def test_history_is_one_line() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert len(SCRIPTS.get_bases()) == 1
    assert not [
        script.revision for script in SCRIPTS.walk_revisions() if script.is_branch_point or script.is_merge_point
    ]


def test_models_and_migrations_agree(migrated: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "render_as_batch": True,
                "include_name": lambda name, *_: name != "alembic_version",
            },
        )
        assert not compare_metadata(context, db.metadata)


def test_checks_agree_too(migrated: Flask) -> None:
    """Alembic does not compare checks: an enum that grew would be found out in production."""
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            wanted = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint) and one.name}
            found = {
                str(check["name"]): str(check["sqltext"])
                for check in inspect(connection).get_check_constraints(table.name)
            }
            assert wanted == set(found), table.name
            for column in table.columns:
                words = getattr(column.type, "enums", None) or []
                text_of_check = next(
                    (sql for sql in found.values() if words and column.name in sql and f"'{words[0]}'" in sql), ""
                )
                assert not [word for word in words if f"'{word}'" not in text_of_check], f"{table.name}.{column.name}"


def test_every_constraint_has_its_name(migrated: Flask) -> None:
    prefixes = {kind: pattern.partition("%")[0] for kind, pattern in NAMING.items()}
    with db.engine.connect() as connection:
        seen = inspect(connection)
        for table in seen.get_table_names():
            if table == "alembic_version":
                continue
            names = {
                "pk": [seen.get_pk_constraint(table)["name"]],
                "fk": [key["name"] for key in seen.get_foreign_keys(table)],
                "uq": [one["name"] for one in seen.get_unique_constraints(table)],
                "ck": [check["name"] for check in seen.get_check_constraints(table)],
            }
            indexes = [str(index["name"]) for index in seen.get_indexes(table)]
            for kind, found in names.items():
                wrong = [name for name in found if not str(name).startswith(f"{prefixes[kind]}{table}")]
                assert not wrong, f"{table}: {wrong}"
            assert not [name for name in indexes if not name.startswith((f"ix_{table}", f"uq_{table}"))]


def test_up_down_and_up_again_with_rows(migrated: Flask) -> None:
    seed()
    db.session.remove()
    before = contents(db.engine)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    upgrade()  # once more changes nothing
    assert contents(db.engine) == before
    if len(REVISIONS) > 1:
        downgrade(revision=REVISIONS[-2])
        old = contents(db.engine)
        assert {name: len(rows) for name, rows in old.items()} == {name: len(before[name]) for name in old}
        upgrade()
        again = contents(db.engine)
        # What the step brought is new again; person_words is made anew from the people.
        assert {name: len(again[name]) for name in old} == {name: len(rows) for name, rows in old.items()}
        assert sorted(again["person_words"]) == sorted(before["person_words"])
    downgrade(revision="base")
    assert contents(db.engine) == {}
    upgrade()
    assert contents(db.engine) == {name: [] for name in before}
    seed()
    assert {name: len(rows) for name, rows in contents(db.engine).items()} == {
        name: len(rows) for name, rows in before.items()
    }


def test_each_step_goes_up_down_and_up(migrated: Flask) -> None:
    downgrade(revision="base")
    for revision in REVISIONS:
        upgrade(revision=revision)
        after = set(contents(db.engine))
        downgrade(revision="-1")
        upgrade(revision=revision)
        assert set(contents(db.engine)) == after
