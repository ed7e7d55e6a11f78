"""Column types and mixins that every table shares."""

import secrets
import time
import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import DateTime, Dialect, Enum, String, TypeDecorator, Uuid
from sqlalchemy.orm import mapped_column

from elearn import clock


def uuid7() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits, so that keys grow with time."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def Sortable(length: int) -> String:  # noqa: N802 - it stands where a type stands
    """Text compared by its code points on both databases, so that a range over an index finds the start of words."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Store aware datetimes in UTC; refuse naive ones, whose meaning nobody knows."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_type(kind: type[StrEnum], name: str) -> Enum:
    """Store an enum by value in a text column with a named check, which both databases can migrate."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


Id = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=uuid7)]
Timestamp = Annotated[datetime, mapped_column(UtcDateTime, default=clock.now)]
OptionalTimestamp = Annotated[datetime | None, mapped_column(UtcDateTime)]


def parse_id(value: Any) -> uuid.UUID | None:
    """Return the id that a client named, or nothing when it is not one canonical UUID."""
    if isinstance(value, uuid.UUID):
        return value
    if not isinstance(value, str) or len(value) != 36:  # noqa: PLR2004 - the length of a canonical UUID
        return None
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        return None
    return parsed if str(parsed) == value.lower() else None
