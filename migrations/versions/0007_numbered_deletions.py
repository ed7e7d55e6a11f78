"""numbered deletions"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('classrooms', schema=None) as batch_op:
        batch_op.add_column(sa.Column('deletions', sa.Integer(), nullable=False, server_default='0'))
    op.execute('update classrooms set deletions = (select count(*) from messages'
               ' where messages.classroom_id = classrooms.id and messages.deleted_at is not null)')
    with op.batch_alter_table('classrooms', schema=None) as batch_op:
        batch_op.alter_column('deletions', existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('classrooms', schema=None) as batch_op:
        batch_op.drop_column('deletions')
