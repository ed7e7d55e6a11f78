"""What the lines of the log say, in the reader's language."""

from elearn.languages import _
from elearn.models import ActivityKind


def kind_names() -> dict[ActivityKind, str]:
    """Name what can happen."""
    return {
        ActivityKind.SIGNED_IN: _("Signed in"),
        ActivityKind.SIGN_IN_FAILED: _("Sign-in failed"),
        ActivityKind.SIGNED_OUT: _("Signed out"),
        ActivityKind.REGISTERED: _("Registered"),
        ActivityKind.ACCOUNT_CREATED: _("Account created"),
        ActivityKind.EMAIL_VERIFIED: _("Email proved"),
        ActivityKind.EMAIL_CHANGED: _("Email changed"),
        ActivityKind.PASSWORD_CHANGED: _("Password changed"),
        ActivityKind.PASSWORD_RESET: _("Password reset"),
        ActivityKind.ROLE_CHANGED: _("Role changed"),
        ActivityKind.APPROVED: _("Approved"),
        ActivityKind.DECLINED: _("Declined"),
        ActivityKind.BLOCKED: _("Blocked"),
        ActivityKind.UNBLOCKED: _("Unblocked"),
        ActivityKind.ACCOUNT_DELETED: _("Account deleted"),
        ActivityKind.ENROLLED: _("Enrolled"),
        ActivityKind.LEFT: _("Left a course"),
        ActivityKind.ADDED: _("Added to a course"),
        ActivityKind.REMOVED: _("Removed from a course"),
        ActivityKind.BLOCKED_IN_COURSE: _("Blocked in a course"),
        ActivityKind.UNBLOCKED_IN_COURSE: _("Unblocked in a course"),
        ActivityKind.COURSE_DELETED: _("Course deleted"),
        ActivityKind.GRADED: _("Graded"),
        ActivityKind.EXPORTED: _("Exported"),
        ActivityKind.INVITED: _("Invited"),
        ActivityKind.INVITATION_ACCEPTED: _("Invitation accepted"),
        ActivityKind.INVITATION_REVOKED: _("Invitation revoked"),
        ActivityKind.IMPORTED: _("Invitations imported"),
        ActivityKind.REFUSED: _("Refused"),
    }
