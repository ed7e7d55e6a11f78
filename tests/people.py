"""The four people of every test: ada teaches, ben studies, eve is an outsider, root administers."""

from dataclasses import dataclass

from elearn.models import Role, User
from tests import make


@dataclass
class People:
    ada: User
    ben: User
    eve: User
    root: User


def arrive(suffix: str = "") -> People:
    """Make the four; a suffix keeps their usernames apart where a school is shared by several tests."""
    return People(
        ada=make.person(f"ada{suffix}", Role.TEACHER, full_name="Ada Novak"),
        ben=make.person(f"ben{suffix}", full_name="Ben Kowalski"),
        eve=make.person(f"eve{suffix}", full_name="Eve Outsider"),
        root=make.person(f"root{suffix}", Role.ADMIN, full_name="Root Admin"),
    )
