"""people, mail and invitations"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from elearn.models import types

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


SORTABLE = sa.String(length=200).with_variant(sa.String(length=200, collation='C'), 'postgresql')
BATCH = 1000


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words_in(text: str) -> set[str]:
    return {word[:100] for word in re.split(r"[\W_]+", fold(text)) if word}


def fill_people() -> None:
    """Give the people who are here what the new columns hold, and the words by which they are found.

    Their addresses count as proved: until now nobody had to prove one.
    """
    connection = op.get_bind()
    connection.execute(sa.text("update users set email_verified_at = created_at, headline = '', education = '',"
                               " interests = '', language = 'en'"))
    users = sa.table("users", sa.column("id", sa.Uuid()), sa.column("username"), sa.column("email"),
                     sa.column("full_name"), sa.column("name_key"))
    words = sa.table("person_words", sa.column("word"), sa.column("user_id", sa.Uuid()))
    people = connection.execute(sa.select(users)).all()
    for start in range(0, len(people), BATCH):
        rows = []
        for person in people[start:start + BATCH]:
            connection.execute(
                users.update().where(users.c.id == person.id).values(name_key=fold(person.full_name)))
            found = {fold(person.username), fold(person.email)[:100]}
            found |= words_in(person.full_name) | words_in(person.username) | words_in(person.email)
            rows += [{"word": word, "user_id": person.id} for word in sorted(found)]
        if rows:
            connection.execute(words.insert(), rows)


def upgrade() -> None:
    op.create_table('activities',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.Enum('signed_in', 'sign_in_failed', 'signed_out', 'registered', 'account_created', 'email_verified', 'email_changed', 'password_changed', 'password_reset', 'role_changed', 'approved', 'declined', 'blocked', 'unblocked', 'account_deleted', 'enrolled', 'left', 'added', 'removed', 'blocked_in_course', 'unblocked_in_course', 'course_deleted', 'graded', 'exported', 'invited', 'invitation_accepted', 'invitation_revoked', 'imported', 'refused', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.String(length=100), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('subject_name', sa.String(length=100), nullable=False),
    sa.Column('object_id', sa.Uuid(), nullable=True),
    sa.Column('object_name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_activities_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['subject_id'], ['users.id'], name=op.f('fk_activities_subject_id_users'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activities'))
    )
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.create_index('ix_activities_actor_id_at', ['actor_id', 'at'], unique=False)
        batch_op.create_index('ix_activities_address_at', ['address', 'at'], unique=False)
        batch_op.create_index('ix_activities_at_id', ['at', 'id'], unique=False)
        batch_op.create_index('ix_activities_kind_at', ['kind', 'at'], unique=False)
        batch_op.create_index('ix_activities_subject_id_at', ['subject_id', 'at'], unique=False)

    op.create_table('codes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('verify_email', 'reset_password', 'change_email', name='purpose', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_codes_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_codes'))
    )
    with op.batch_alter_table('codes', schema=None) as batch_op:
        batch_op.create_index('ix_codes_purpose_email_key_created_at', ['purpose', 'email_key', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_codes_user_id'), ['user_id'], unique=False)

    op.create_table('emails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('letter', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('to_email', sa.String(length=254), nullable=False),
    sa.Column('to_name', sa.String(length=100), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'sending', 'sent', 'failed', 'dropped', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('claim', sa.Uuid(), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_emails_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emails'))
    )
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.create_index('ix_emails_state_created_at', ['state', 'created_at'], unique=False)
        batch_op.create_index('ix_emails_state_next_try_at', ['state', 'next_try_at'], unique=False)
        batch_op.create_index('ix_emails_user_id_created_at', ['user_id', 'created_at'], unique=False)

    op.create_table('exports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'ready', 'failed', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=True),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ready_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('expires_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_exports_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exports'))
    )
    with op.batch_alter_table('exports', schema=None) as batch_op:
        batch_op.create_index('ix_exports_user_id_id', ['user_id', 'id'], unique=False)
        batch_op.create_index('uq_exports_user_id_waiting', ['user_id'], unique=True, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('invitation_imports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file', sa.String(length=80), nullable=True),
    sa.Column('message', sa.String(length=1000), nullable=False),
    sa.Column('course_ids', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('checking', 'checked', 'running', 'done', 'failed', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('good', sa.Integer(), nullable=False),
    sa.Column('warned', sa.Integer(), nullable=False),
    sa.Column('bad', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_invitation_imports_invited_by_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation_imports'))
    )
    with op.batch_alter_table('invitation_imports', schema=None) as batch_op:
        batch_op.create_index('ix_invitation_imports_invited_by_id_id', ['invited_by_id', 'id'], unique=False)

    op.create_table('notification_preferences',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('student_enrolled', 'student_left', 'blocked_in_course', 'removed_from_course', 'added_to_course', 'new_material', 'new_review', 'handed_in', 'deadline_set', 'deadline_near', 'course_deleted', 'result_published', 'invitation_accepted', 'account', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('in_page', sa.Boolean(), nullable=False),
    sa.Column('email', sa.Enum('now', 'digest', 'off', name='email', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notification_preferences_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'kind', name=op.f('pk_notification_preferences'))
    )
    op.create_table('person_words',
    sa.Column('word', sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql'), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_person_words_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('word', 'user_id', name=op.f('pk_person_words'))
    )
    with op.batch_alter_table('person_words', schema=None) as batch_op:
        batch_op.create_index('ix_person_words_user_id_word', ['user_id', 'word'], unique=False)

    op.create_table('statuses',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(length=280), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('edited_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_statuses_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statuses')),
    sa.UniqueConstraint('user_id', name=op.f('uq_statuses_user_id'))
    )
    with op.batch_alter_table('statuses', schema=None) as batch_op:
        batch_op.create_index('ix_statuses_created_at', ['created_at'], unique=False)

    op.create_table('invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=320), nullable=False),
    sa.Column('full_name', sa.String(length=100), nullable=False),
    sa.Column('role', sa.Enum('student', 'teacher', 'manager', 'admin', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('message', sa.String(length=1000), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=False),
    sa.Column('import_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('email_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['users.id'], name=op.f('fk_invitations_accepted_by_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['email_id'], ['emails.id'], name=op.f('fk_invitations_email_id_emails'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['import_id'], ['invitation_imports.id'], name=op.f('fk_invitations_import_id_invitation_imports'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_invitations_invited_by_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash'))
    )
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitations_email_id'), ['email_id'], unique=False)
        batch_op.create_index('ix_invitations_email_key', ['email_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitations_import_id'), ['import_id'], unique=False)
        batch_op.create_index('ix_invitations_invited_by_id_id', ['invited_by_id', 'id'], unique=False)
        batch_op.create_index('uq_invitations_email_key_invited_by_id_open', ['email_key', 'invited_by_id'], unique=True, sqlite_where=sa.text('accepted_at is null and revoked_at is null'), postgresql_where=sa.text('accepted_at is null and revoked_at is null'))

    op.create_table('notices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('student_enrolled', 'student_left', 'blocked_in_course', 'removed_from_course', 'added_to_course', 'new_material', 'new_review', 'handed_in', 'deadline_set', 'deadline_near', 'course_deleted', 'result_published', 'invitation_accepted', 'account', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('course_id', sa.Uuid(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_notices_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_notices_course_id_courses'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_done_at', ['done_at'], unique=False)

    op.create_table('invitation_courses',
    sa.Column('invitation_id', sa.Uuid(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_invitation_courses_course_id_courses'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_invitation_courses_invitation_id_invitations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitation_id', 'course_id', name=op.f('pk_invitation_courses'))
    )
    with op.batch_alter_table('invitation_courses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_courses_course_id'), ['course_id'], unique=False)

    op.create_table('invitation_import_rows',
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('full_name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('course_codes', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('ok', 'warning', 'error', 'done', 'refused', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('invitation_id', sa.Uuid(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['invitation_imports.id'], name=op.f('fk_invitation_import_rows_import_id_invitation_imports'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_invitation_import_rows_invitation_id_invitations'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('import_id', 'line', name=op.f('pk_invitation_import_rows'))
    )
    with op.batch_alter_table('invitation_import_rows', schema=None) as batch_op:
        batch_op.create_index('ix_invitation_import_rows_import_id_state_line', ['import_id', 'state', 'line'], unique=False)

    op.create_table('notifications',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('student_enrolled', 'student_left', 'blocked_in_course', 'removed_from_course', 'added_to_course', 'new_material', 'new_review', 'handed_in', 'deadline_set', 'deadline_near', 'course_deleted', 'result_published', 'invitation_accepted', 'account', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('notice_id', sa.Uuid(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('course_id', sa.Uuid(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('in_page', sa.Boolean(), nullable=False),
    sa.Column('for_digest', sa.Boolean(), nullable=False),
    sa.Column('created_at', types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('read_at', types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_notifications_actor_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_notifications_course_id_courses'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_notifications_notice_id_notices'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notifications_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notifications_course_id'), ['course_id'], unique=False)
        batch_op.create_index('ix_notifications_for_digest', ['user_id'], unique=False, sqlite_where=sa.text('for_digest'), postgresql_where=sa.text('for_digest'))
        batch_op.create_index('ix_notifications_unread', ['user_id', 'read_at', 'in_page', 'id'], unique=False)
        batch_op.create_index('ix_notifications_user_id_id', ['user_id', 'id'], unique=False)
        batch_op.create_index('uq_notifications_notice_id_user_id', ['notice_id', 'user_id'], unique=True)

    # New columns of old rows get their values first, then they may not be empty any more.
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_seen_at', types.UtcDateTime(timezone=True), nullable=True))
    op.execute("update sign_ins set last_seen_at = created_at")
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.alter_column('last_seen_at', existing_type=types.UtcDateTime(timezone=True), nullable=False)

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('email_verified_at', types.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('name_key', SORTABLE, nullable=True))
        batch_op.add_column(sa.Column('requested_role', sa.Enum('student', 'teacher', 'manager', 'admin', name='requested_role', native_enum=False, create_constraint=True, length=20), nullable=True))
        batch_op.add_column(sa.Column('headline', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('education', sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column('interests', sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column('language', sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column('deleted_at', types.UtcDateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_users_email_key'), type_='unique')
    fill_people()
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.alter_column('name_key', existing_type=SORTABLE, nullable=False)
        batch_op.alter_column('headline', existing_type=sa.String(length=120), nullable=False)
        batch_op.alter_column('education', existing_type=sa.String(length=1000), nullable=False)
        batch_op.alter_column('interests', existing_type=sa.String(length=300), nullable=False)
        batch_op.alter_column('language', existing_type=sa.String(length=10), nullable=False)
        batch_op.create_index('ix_users_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_users_email_key', ['email_key'], unique=False)
        batch_op.create_index('ix_users_name_key_id', ['name_key', 'id'], unique=False)
        batch_op.create_index('ix_users_role_name_key_id', ['role', 'name_key', 'id'], unique=False)
        batch_op.create_index('ix_users_blocked', ['name_key', 'id'], unique=False, sqlite_where=sa.text('blocked_at is not null'), postgresql_where=sa.text('blocked_at is not null'))
        batch_op.create_index('ix_users_asking', ['name_key', 'id'], unique=False, sqlite_where=sa.text('requested_role is not null'), postgresql_where=sa.text('requested_role is not null'))
        batch_op.create_index('ix_users_unverified', ['name_key', 'id'], unique=False, sqlite_where=sa.text('email_verified_at is null'), postgresql_where=sa.text('email_verified_at is null'))
        batch_op.create_index('uq_users_email_key_verified', ['email_key'], unique=True, sqlite_where=sa.text('email_verified_at is not null'), postgresql_where=sa.text('email_verified_at is not null'))



def downgrade() -> None:
    # Before, an address was unique whether proved or not: who did not prove theirs keeps the account, not the address.
    op.execute("update users set email_key = email_key || ' ' || username_key where email_verified_at is null")
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_index('ix_users_unverified', sqlite_where=sa.text('email_verified_at is null'), postgresql_where=sa.text('email_verified_at is null'))
        batch_op.drop_index('ix_users_asking', sqlite_where=sa.text('requested_role is not null'), postgresql_where=sa.text('requested_role is not null'))
        batch_op.drop_index('ix_users_blocked', sqlite_where=sa.text('blocked_at is not null'), postgresql_where=sa.text('blocked_at is not null'))
        batch_op.drop_index('uq_users_email_key_verified', sqlite_where=sa.text('email_verified_at is not null'), postgresql_where=sa.text('email_verified_at is not null'))
        batch_op.drop_index('ix_users_role_name_key_id')
        batch_op.drop_index('ix_users_name_key_id')
        batch_op.drop_index('ix_users_email_key')
        batch_op.drop_index('ix_users_created_at')
        batch_op.create_unique_constraint(batch_op.f('uq_users_email_key'), ['email_key'])
        batch_op.drop_column('deleted_at')
        batch_op.drop_column('language')
        batch_op.drop_column('interests')
        batch_op.drop_column('education')
        batch_op.drop_column('headline')
        batch_op.drop_constraint('requested_role', type_='check')
        batch_op.drop_column('requested_role')
        batch_op.drop_column('name_key')
        batch_op.drop_column('email_verified_at')

    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.drop_column('last_seen_at')

    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('uq_notifications_notice_id_user_id')
        batch_op.drop_index('ix_notifications_user_id_id')
        batch_op.drop_index('ix_notifications_unread')
        batch_op.drop_index('ix_notifications_for_digest', sqlite_where=sa.text('for_digest'), postgresql_where=sa.text('for_digest'))
        batch_op.drop_index(batch_op.f('ix_notifications_course_id'))

    op.drop_table('notifications')
    with op.batch_alter_table('invitation_import_rows', schema=None) as batch_op:
        batch_op.drop_index('ix_invitation_import_rows_import_id_state_line')

    op.drop_table('invitation_import_rows')
    with op.batch_alter_table('invitation_courses', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_courses_course_id'))

    op.drop_table('invitation_courses')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_done_at')

    op.drop_table('notices')
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.drop_index('uq_invitations_email_key_invited_by_id_open', sqlite_where=sa.text('accepted_at is null and revoked_at is null'), postgresql_where=sa.text('accepted_at is null and revoked_at is null'))
        batch_op.drop_index('ix_invitations_invited_by_id_id')
        batch_op.drop_index(batch_op.f('ix_invitations_import_id'))
        batch_op.drop_index('ix_invitations_email_key')
        batch_op.drop_index(batch_op.f('ix_invitations_email_id'))

    op.drop_table('invitations')
    with op.batch_alter_table('statuses', schema=None) as batch_op:
        batch_op.drop_index('ix_statuses_created_at')

    op.drop_table('statuses')
    with op.batch_alter_table('person_words', schema=None) as batch_op:
        batch_op.drop_index('ix_person_words_user_id_word')

    op.drop_table('person_words')
    op.drop_table('notification_preferences')
    with op.batch_alter_table('invitation_imports', schema=None) as batch_op:
        batch_op.drop_index('ix_invitation_imports_invited_by_id_id')

    op.drop_table('invitation_imports')
    with op.batch_alter_table('exports', schema=None) as batch_op:
        batch_op.drop_index('uq_exports_user_id_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_exports_user_id_id')

    op.drop_table('exports')
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.drop_index('ix_emails_user_id_created_at')
        batch_op.drop_index('ix_emails_state_next_try_at')
        batch_op.drop_index('ix_emails_state_created_at')

    op.drop_table('emails')
    with op.batch_alter_table('codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_codes_user_id'))
        batch_op.drop_index('ix_codes_purpose_email_key_created_at')

    op.drop_table('codes')
    with op.batch_alter_table('activities', schema=None) as batch_op:
        batch_op.drop_index('ix_activities_subject_id_at')
        batch_op.drop_index('ix_activities_kind_at')
        batch_op.drop_index('ix_activities_at_id')
        batch_op.drop_index('ix_activities_address_at')
        batch_op.drop_index('ix_activities_actor_id_at')

    op.drop_table('activities')
