"""courses handed over"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BEFORE = (
    'signed_in', 'sign_in_failed', 'signed_out', 'registered', 'account_created', 'email_verified', 'email_changed',
    'password_changed', 'password_reset', 'role_changed', 'approved', 'declined', 'blocked', 'unblocked',
    'account_deleted', 'enrolled', 'left', 'added', 'removed', 'blocked_in_course', 'unblocked_in_course',
    'course_deleted', 'graded', 'exported', 'invited', 'invitation_accepted', 'invitation_revoked', 'imported',
    'refused',
)


def allow(*kinds: str) -> None:
    known = ', '.join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_activities_kind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_activities_kind'), sa.text(f'kind IN ({known})'))


def upgrade() -> None:
    allow(*BEFORE, 'course_handed_over')


def downgrade() -> None:
    op.execute("delete from activities where kind = 'course_handed_over'")
    allow(*BEFORE)
