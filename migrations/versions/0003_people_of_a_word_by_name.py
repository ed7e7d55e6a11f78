"""the people of a word by name"""

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

BATCH = 1000
WORD = sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql')
NAME = sa.String(length=200).with_variant(sa.String(length=200, collation='C'), 'postgresql')
users = sa.table('users', sa.column('id', sa.Uuid()), sa.column('username'), sa.column('email'), sa.column('full_name'),
                 sa.column('name_key'), sa.column('deleted_at'))


def fold(text: str) -> str:
    return unicodedata.normalize('NFKC', unicodedata.normalize('NFKC', text).casefold())


def words_in(text: str) -> set[str]:
    return {word[:100] for word in re.split(r'[\W_]+', fold(text)) if word}


def words_by_name(person: Any) -> list[dict[str, Any]]:
    words = {f'@{fold(person.email)}'[:100]}
    words |= words_in(person.full_name) | words_in(person.username) | words_in(person.email)
    return [{'word': word, 'name_key': person.name_key, 'user_id': person.id} for word in sorted(words)]


def words_alone(person: Any) -> list[dict[str, Any]]:
    words = {fold(person.username), fold(person.email)[:100]}
    words |= words_in(person.full_name) | words_in(person.username) | words_in(person.email)
    return [{'word': word, 'user_id': person.id} for word in sorted(words)]


def make_anew(*columns: Any, key: tuple[str, ...], fill: Any) -> None:
    """Make the table anew from the people: all that it holds is made of their names and addresses."""
    op.drop_table('person_words')
    words = op.create_table('person_words',
    *columns,
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_person_words_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint(*key, name=op.f('pk_person_words'))
    )
    with op.batch_alter_table('person_words', schema=None) as batch_op:
        batch_op.create_index('ix_person_words_user_id_word', ['user_id', 'word'], unique=False)
    connection = op.get_bind()
    people = connection.execute(sa.select(users).where(users.c.deleted_at.is_(None))).all()
    for start in range(0, len(people), BATCH):
        rows = [row for person in people[start:start + BATCH] for row in fill(person)]
        connection.execute(words.insert(), rows)


def upgrade() -> None:
    make_anew(
        sa.Column('word', WORD, nullable=False),
        sa.Column('name_key', NAME, nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        key=('word', 'name_key', 'user_id'), fill=words_by_name,
    )


def downgrade() -> None:
    make_anew(
        sa.Column('word', WORD, nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        key=('word', 'user_id'), fill=words_alone,
    )
