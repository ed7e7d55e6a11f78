"""By which words a person is found: kept beside the person, in the same transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, insert, intersect, select, union_all
from sqlalchemy.orm import aliased

from elearn.extensions import db
from elearn.models import PersonWord, User, address_word, fold, words_in
from elearn.services.paging import LAST_PAGE, PER_PAGE, PER_PAGE_MAX, Bounded, paginate_bounded

T = TypeVar("T")

WORDS_MAX = 6
LAST = "\U0010ffff"  # no word goes on with a later character
# So many words may begin alike that their people are read and sorted. Where there are more, the people of each word are
# walked through by name; and where that are too many words, or few people are asked for, the first people by name.
FEW, FIRST_PEOPLE, EACH_WORD, READ = 5_000, 5_000, 16, 200


def rows_of(user: User) -> list[dict[str, Any]]:
    """Return the rows by which this person is found."""
    return [{"word": word, "name_key": user.name_key, "user_id": user.id} for word in sorted(user.search_words)]


def index(user: User) -> None:
    """Write down the words of this person anew; call it whenever name, username or email change."""
    db.session.flush()
    db.session.execute(delete(PersonWord).where(PersonWord.user_id == user.id))
    if user.deleted_at is None:
        db.session.execute(insert(PersonWord), rows_of(user))


def starts_in(q: str) -> list[str]:
    """Return the starts of words that somebody typed; an address counts as a whole."""
    clean = fold(q).replace("\0", "").encode(errors="ignore").decode()
    starts: dict[str, None] = {}
    for piece in clean.split():
        is_address = not piece.startswith("@") and "@" in piece
        starts |= dict.fromkeys([address_word(piece)] if is_address else sorted(words_in(piece)))
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
        first = _first_of_many(people, rarest, starts)
        if first is not None:
            items = _shown(people, first[(page - 1) * per_page : page * per_page], make)
            return Bounded(items, min(len(first), READ), page, per_page, len(first) > READ)
    return _of_few(people, rarest, starts, page, per_page, make)


def _first_of_many(people: Select[Any], rarest: str, starts: list[str]) -> Sequence[UUID] | None:
    """Return the first by name of very many, one more than anybody reads; None where only sorting finds them."""
    columns: Any = (User.id, User.name_key)
    asked = people.with_only_columns(*columns)
    are_few = _size(asked, FIRST_PEOPLE) <= FIRST_PEOPLE
    found = None if are_few else _of_each_word(people, rarest, starts)
    if found is not None:
        return found
    first = asked.order_by(User.name_key, User.id).limit(FIRST_PEOPLE).subquery()
    has = (exists().where(PersonWord.user_id == first.c.id, _begins(start)) for start in starts)
    by_name = (first.c.name_key, first.c.id)
    found = db.session.scalars(select(first.c.id).where(*has).order_by(*by_name).limit(READ + 1)).all()
    return found if are_few or len(found) > READ else None


def _of_each_word(people: Select[Any], rarest: str, starts: list[str]) -> Sequence[UUID] | None:
    """Walk through the people of each word that begins so, by name; None where that are more words than a few."""
    words = db.session.scalars(_words_alike(rarest)).all()
    if len(words) > EACH_WORD:
        return None
    columns: Any = (PersonWord.name_key, PersonWord.user_id)
    having = people.with_only_columns(*columns).where(PersonWord.user_id == User.id, *_others(rarest, starts))
    having = having.order_by(*columns).limit(READ + 1)
    walks = (select(having.where(PersonWord.word == word).subquery()) for word in words)
    found = union_all(*walks).subquery()
    by_name = (found.c.name_key, found.c.user_id)
    return db.session.scalars(select(found.c.user_id).group_by(*by_name).order_by(*by_name).limit(READ + 1)).all()


def _words_alike(start: str) -> Select[Any]:
    """Select the words that begin so, one more than are walked through, from each to the next in the index."""
    first = select(func.min(PersonWord.word).label("word")).where(_begins(start)).cte(recursive=True)
    after = select(func.min(PersonWord.word)).where(PersonWord.word > first.c.word, _begins(start))
    words = first.union_all(select(after.scalar_subquery()).where(first.c.word.is_not(None)))
    return select(words.c.word).where(words.c.word.is_not(None)).limit(EACH_WORD + 1)


def _of_few(
    people: Select[Any], rarest: str, starts: list[str], page: int, per_page: int, make: Callable[..., T]
) -> Bounded[T]:
    """Read all who have such a word, and sort them."""
    having = select(PersonWord.user_id).where(_begins(rarest), *_others(rarest, starts)).distinct().subquery()
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


def _others(rarest: str, starts: list[str]) -> Iterable[ColumnElement[bool]]:
    """Ask that who has the rarest word has words that begin as the others do, too."""
    for start in starts:
        if start != rarest:
            other = aliased(PersonWord)
            yield exists().where(other.user_id == PersonWord.user_id, _begins(start, other))
