from dataclasses import dataclass
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from elearn.blueprints.courses.forms import page_of
from elearn.models import ActivityKind, parse_id
from elearn.services.activity import Filter


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


@dataclass(frozen=True)
class ActivityQuery:
    """Hold what the address of the log asks for; words that it does not know are left out."""

    only: Filter
    page: int

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> "ActivityQuery":
        kind = args.get("kind", "")
        only = Filter(
            kind=ActivityKind(kind) if kind in set(ActivityKind) else None,
            actor=args.get("actor", "")[:100].strip(),
            subject=args.get("subject", "")[:100].strip(),
            about=parse_id(args.get("about", "")),
            object=parse_id(args.get("object", "")),
            since=_day(args.get("since", "")),
            until=_day(args.get("until", "")),
            address=args.get("address", "")[:45].replace("\0", "").strip(),
        )
        return cls(only, page_of(args))

    def args(self) -> dict[str, Any]:
        """Return the words of the address, without the page."""
        return {name: str(value) for name, value in vars(self.only).items() if value}
