"""addresses that refuse"""

import sqlalchemy as sa
from alembic import op

from elearn.models import types

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

FEW = {f'{dialect}_where': sa.text('email_refused_at is not null') for dialect in ('sqlite', 'postgresql')}


def upgrade() -> None:
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('email_refused_at', types.UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.create_index('ix_users_unreachable', ['name_key', 'id'], unique=False, **FEW)


def downgrade() -> None:
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_index('ix_users_unreachable', **FEW)
        batch_op.drop_column('email_refused_at')
