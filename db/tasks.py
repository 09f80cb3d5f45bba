"""Long work that somebody asked for on the web and the worker does: what, how far it is, what came of it. Who does it: bot/steps/tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key

STATES = ("waiting", "working", "done", "failed")


class TaskRow(Base):
    """A piece of work. data: what it is done with; says: what came of it, or why it did not; done of total: in whatever `step` counts."""

    __tablename__ = "task"
    __table_args__ = (CheckConstraint("state in ('waiting', 'working', 'done', 'failed')", name="state"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    kind: Mapped[str]
    label: Mapped[str]
    data: Mapped[dict[str, Any]]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    step: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)


def add(session: Session, *, review_id: int, kind: str, label: str, data: dict[str, Any], at: datetime) -> TaskRow:
    """Ask for a piece of work; the same that waits already is not asked for twice."""
    waiting = select(TaskRow).where(TaskRow.review_id == review_id, TaskRow.kind == kind, TaskRow.state.in_(("waiting", "working")))
    for row in session.scalars(waiting):
        if row.data == data:
            return row
    row = TaskRow(review_id=review_id, kind=kind, label=label, data=data, asked_by=session.info["by"], asked_at=at)
    session.add(row)
    session.flush()
    return row


def task(session: Session, task_id: int) -> TaskRow:
    """Return one. Raises NotFoundError."""
    row = session.get(TaskRow, task_id)
    if row is None:
        raise NotFoundError(f"there is no task {task_id}")
    return row


def following(session: Session) -> int | None:
    """Return the id of what is to be done next: what was cut short, then what was asked for first; None if there is nothing."""
    query = select(TaskRow.id).where(TaskRow.state.in_(("waiting", "working"))).order_by(TaskRow.state != "working", TaskRow.id)
    return session.scalar(query.limit(1))


def newest(session: Session, review_id: int, most: int = 50) -> Sequence[TaskRow]:
    """Return the tasks of a review, the newest first."""
    return session.scalars(select(TaskRow).where(TaskRow.review_id == review_id).order_by(TaskRow.id.desc()).limit(most)).all()


def open_count(session: Session) -> int:
    """Return how many tasks of the whole site wait or are worked at."""
    return session.scalar(select(func.count()).select_from(TaskRow).where(TaskRow.state.in_(("waiting", "working")))) or 0
