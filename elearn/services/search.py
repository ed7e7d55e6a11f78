"""By which words a person is found: kept beside the person, in the same transaction."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, insert, intersect, select
from sqlalchemy.orm import aliased

from elearn.extensions import db
from elearn.models import PersonWord, User, fold, words_in
from elearn.services.paging import LAST_PAGE, PER_PAGE, PER_PAGE_MAX, Bounded, paginate_bounded

T = TypeVar("T")

WORDS_MAX = 6
LAST = "\U0010ffff"  # no word goes on with a later character
# So many words may begin alike that their people are read and sorted. Where there are more, a look at the first people
# by name comes upon as many as anybody reads.
FEW, FIRST_PEOPLE, READ = 5_000, 5_000, 200


def index(user: User) -> None:
    """Write down the words of this person anew; call it whenever name, username or email change."""
    db.session.flush()
    db.session.execute(delete(PersonWord).where(PersonWord.user_id == user.id))
    if user.deleted_at is None:
        db.session.execute(
            insert(PersonWord), [{"word": word, "user_id": user.id} for word in sorted(user.search_words)]
        )


def starts_in(q: str) -> list[str]:
    """Return the starts of words that somebody typed; an address counts as a whole."""
    clean = fold(q).replace("\0", "").encode(errors="ignore").decode()
    starts: dict[str, None] = {}
    for piece in clean.split():
        is_address = not piece.startswith("@") and "@" in piece
        starts |= dict.fromkeys([piece[:100]] if is_address else sorted(words_in(piece)))
    return list(starts)[:WORDS_MAX]


def ids(q: str) -> Select[Any]:
    """Select the ids of the people who have words that begin so, all of them; nobody when there are no words."""
    starts = starts_in(q)
    if not starts:
        return select(User.id).where(false())
    return select(intersect(*(_having(start) for start in starts)).subquery().c.user_id)


def find(people: Select[Any], q: str, *, page: int = 1, per_page: int = PER_PAGE, make: Callable[..., T]) -> Bounded[T]:
    """Return one page of those of the people who have words that begin so, by name; all of them when `q` is empty.

    Never reads all people. Where very many are found, they are counted up to `READ`.
    """
    if not q.strip():
        return paginate_bounded(people.order_by(User.name_key, User.id), page=page, per_page=per_page, make=make)
    starts = starts_in(q)
    if not starts:
        return Bounded([], 0, page, per_page)
    sizes = {start: _size(select(PersonWord.word).where(_begins(start)), FEW) for start in starts}
    rarest = min(starts, key=lambda start: sizes[start])
    if sizes[rarest] > FEW and page * per_page <= READ:
        first, are_all = _among_first(people, starts)
        if are_all or len(first) > READ:
            items = _shown(people, first[(page - 1) * per_page : page * per_page], make)
            is_more = len(first) > READ
            return Bounded(items, min(len(first), READ), page, per_page, is_more)
    return _of_few(people, rarest, starts, page, per_page, make)


def _among_first(people: Select[Any], starts: list[str]) -> tuple[Sequence[UUID], bool]:
    """Return who of the first people by name have such words, and whether these are all people.

    Not more of them than anybody reads, and one.
    """
    columns: Any = (User.id, User.name_key)
    ordered = people.with_only_columns(*columns).order_by(User.name_key, User.id)
    first = ordered.limit(FIRST_PEOPLE).subquery()
    has = (exists().where(PersonWord.user_id == first.c.id, _begins(start)) for start in starts)
    found = select(first.c.id).where(*has).order_by(first.c.name_key, first.c.id).limit(READ + 1)
    return db.session.scalars(found).all(), _size(ordered.order_by(None), FIRST_PEOPLE) <= FIRST_PEOPLE


def _of_few(
    people: Select[Any], rarest: str, starts: list[str], page: int, per_page: int, make: Callable[..., T]
) -> Bounded[T]:
    """Read all who have such a word, and sort them."""
    others = (_also(start) for start in starts if start != rarest)
    having = select(PersonWord.user_id).where(_begins(rarest), *others).distinct().subquery()
    # Sorting by what is no column keeps the databases from walking through all names in search of a few people.
    by_name = (func.coalesce(User.name_key, ""), User.id)
    found = people.with_only_columns(User.id, func.count().over()).join(having, having.c.user_id == User.id)
    page, per_page = min(max(1, page), LAST_PAGE), min(max(1, per_page), PER_PAGE_MAX)
    rows = db.session.execute(found.order_by(*by_name).limit(per_page).offset((page - 1) * per_page)).all()
    total = rows[0][1] if rows else 0
    if not rows and page > 1:  # beyond the last page nobody says how many there are
        total = _of_few(people, rarest, starts, 1, 1, make).total
    return Bounded(_shown(people, [row[0] for row in rows], make), total, page, per_page)


def _shown(people: Select[Any], ids: Sequence[UUID], make: Callable[..., T]) -> list[T]:
    rows = select(*people.selected_columns).where(User.id.in_(ids)).order_by(User.name_key, User.id)
    return [make(*row) for row in db.session.execute(rows)]


def _size(query: Select[Any], bound: int) -> int:
    some = query.limit(bound + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _begins(start: str, words: Any = PersonWord) -> ColumnElement[bool]:
    return and_(words.word >= start, words.word < start + LAST)


def _having(start: str) -> Select[Any]:
    return select(PersonWord.user_id).where(_begins(start)).distinct()


def _also(start: str) -> ColumnElement[bool]:
    other = aliased(PersonWord)
    return exists().where(other.user_id == PersonWord.user_id, _begins(start, other))
