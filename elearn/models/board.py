import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from elearn.extensions import Base
from elearn.models.types import Id, Timestamp, enum_type


class Background(StrEnum):
    WHITE = "white"
    SQUARED = "squared"
    RULED = "ruled"
    BLACKBOARD = "blackboard"


class BoardPage(Base):
    """One page of a room's whiteboard; `rev` counts its batches of operations without a gap."""

    __tablename__ = "board_pages"

    id: Mapped[Id]
    classroom_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("classrooms.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    background: Mapped[Background] = mapped_column(enum_type(Background, "background"), default=Background.WHITE)
    rev: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[Timestamp]


class BoardObject(Base):
    """One thing that stands on a page; its id is made by the client that drew it."""

    __tablename__ = "board_objects"

    page_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("board_pages.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    # The batch that added it: the oldest objects go first when the page is full.
    added_rev: Mapped[int] = mapped_column(Integer)
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class BoardBatch(Base):
    """A batch of operations as it was applied, for those who come back and ask what they missed."""

    __tablename__ = "board_batches"
    __table_args__ = (UniqueConstraint("page_id", "author_id", "cid", name="uq_board_batches_page_id_author_id_cid"),)

    page_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("board_pages.id", ondelete="CASCADE"), primary_key=True)
    rev: Mapped[int] = mapped_column(Integer, primary_key=True)
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cid: Mapped[str] = mapped_column(String(64))
    ops: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    applied_at: Mapped[Timestamp]
