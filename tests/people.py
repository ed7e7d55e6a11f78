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


def arrive() -> People:
    return People(
        ada=make.person("ada", Role.TEACHER, full_name="Ada Novak"),
        ben=make.person("ben", full_name="Ben Kowalski"),
        eve=make.person("eve", full_name="Eve Outsider"),
        root=make.person("root", Role.ADMIN, full_name="Root Admin"),
    )
