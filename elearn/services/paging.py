"""Lists in pages: the same shape for pages, API and commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, literal, select

from elearn.extensions import db

T = TypeVar("T")
PER_PAGE, PER_PAGE_MAX = 20, 100
LAST_PAGE = 100_000
COUNTED = 10_000  # rows of a list that may be very long


@dataclass(frozen=True)
class Page(Generic[T]):
    """Hold one page of a list, and how long the whole list is."""

    items: Sequence[T]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """Return the number of the first item shown, counted from 1; 0 when there is none."""
        return (self.page - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * self.per_page + len(self.items)


def paginate(
    query: Select[*tuple[Any, ...]],
    *,
    page: int = 1,
    per_page: int = PER_PAGE,
    make: Callable[..., T] | None = None,
) -> Page[T]:
    """Run the query for one page and count the whole; `make` turns each row into what the list holds.

    Rows with one column come as that column, others as arguments of `make`.
    """
    page, per_page = min(max(1, page), LAST_PAGE), min(max(1, per_page), PER_PAGE_MAX)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(per_page).offset((page - 1) * per_page)).all()
    items = [make(*row) for row in rows] if make else [row[0] for row in rows]
    return Page(items, total, page, per_page)


@dataclass(frozen=True)
class Bounded(Page[T]):
    """Hold one page of a list that may be very long: it is counted up to a bound only, beyond which there `is_more`."""

    is_more: bool = False

    @property
    def pages(self) -> int:
        goes_on = self.is_more and len(self.items) == self.per_page
        return max(super().pages, self.page + 1 if goes_on else 1)


def paginate_bounded(
    query: Select[*tuple[Any, ...]],
    *,
    page: int = 1,
    per_page: int = PER_PAGE,
    make: Callable[..., T] | None = None,
    bound: int = COUNTED,
) -> Bounded[T]:
    """Run the query for one page as `paginate` does, and count no further than the bound."""
    page, per_page = min(max(1, page), LAST_PAGE), min(max(1, per_page), PER_PAGE_MAX)
    some = query.order_by(None).with_only_columns(literal(1), maintain_column_froms=True).limit(bound + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(some)) or 0
    rows = db.session.execute(query.limit(per_page).offset((page - 1) * per_page)).all()
    items = [make(*row) for row in rows] if make else [row[0] for row in rows]
    return Bounded(items, min(total, bound), page, per_page, total > bound)
