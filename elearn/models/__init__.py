"""What the school remembers. Importing this package registers every table."""

from elearn.models.board import Background, BoardBatch, BoardObject, BoardPage
from elearn.models.classrooms import Classroom, Lesson, Message, MessageKind, Right, Standing
from elearn.models.courses import Course, CourseState, Pattern, Subject
from elearn.models.enrolments import Enrolment, EnrolmentState
from elearn.models.types import parse_id, uuid7
from elearn.models.users import Role, SignIn, SignInKind, Theme, User, fold

__all__ = [
    "Background",
    "BoardBatch",
    "BoardObject",
    "BoardPage",
    "Classroom",
    "Course",
    "CourseState",
    "Enrolment",
    "EnrolmentState",
    "Lesson",
    "Message",
    "MessageKind",
    "Pattern",
    "Right",
    "Role",
    "SignIn",
    "SignInKind",
    "Standing",
    "Subject",
    "Theme",
    "User",
    "fold",
    "parse_id",
    "uuid7",
]
