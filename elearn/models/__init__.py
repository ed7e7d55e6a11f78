"""What the school remembers. Importing this package registers every table."""

from elearn.models.activities import Activity, ActivityKind
from elearn.models.board import Background, BoardBatch, BoardObject, BoardPage
from elearn.models.classrooms import Classroom, Lesson, Message, MessageKind, Right, Standing
from elearn.models.codes import Code, CodePurpose
from elearn.models.courses import Course, CourseState, Pattern, Subject
from elearn.models.emails import Email, EmailState
from elearn.models.enrolments import Enrolment, EnrolmentState
from elearn.models.exports import Export, ExportState
from elearn.models.idempotency import IdempotencyKey
from elearn.models.invitations import (
    ImportRowState,
    ImportState,
    Invitation,
    InvitationCourse,
    InvitationImport,
    InvitationImportRow,
    InvitationState,
)
from elearn.models.notifications import (
    EmailChoice,
    Notice,
    Notification,
    NotificationKind,
    NotificationPreference,
)
from elearn.models.statuses import STATUS_LIFE, Status
from elearn.models.types import parse_id, uuid7
from elearn.models.users import PersonWord, Role, SignIn, SignInKind, Theme, User, address_word, fold, words_in

__all__ = [
    "STATUS_LIFE",
    "Activity",
    "ActivityKind",
    "Background",
    "BoardBatch",
    "BoardObject",
    "BoardPage",
    "Classroom",
    "Code",
    "CodePurpose",
    "Course",
    "CourseState",
    "Email",
    "EmailChoice",
    "EmailState",
    "Enrolment",
    "EnrolmentState",
    "Export",
    "ExportState",
    "IdempotencyKey",
    "ImportRowState",
    "ImportState",
    "Invitation",
    "InvitationCourse",
    "InvitationImport",
    "InvitationImportRow",
    "InvitationState",
    "Lesson",
    "Message",
    "MessageKind",
    "Notice",
    "Notification",
    "NotificationKind",
    "NotificationPreference",
    "Pattern",
    "PersonWord",
    "Right",
    "Role",
    "SignIn",
    "SignInKind",
    "Standing",
    "Status",
    "Subject",
    "Theme",
    "User",
    "address_word",
    "fold",
    "parse_id",
    "uuid7",
    "words_in",
]
