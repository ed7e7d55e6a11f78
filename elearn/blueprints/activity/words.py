"""What the lines of the log say, in the reader's language."""

from elearn.languages import _
from elearn.models import ActivityKind, Role
from elearn.services.activity import Line

ROLE_KEYS = {"role", "before", "after"}


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
        ActivityKind.COURSE_HANDED_OVER: _("Course handed over"),
        ActivityKind.GRADED: _("Graded"),
        ActivityKind.EXPORTED: _("Exported"),
        ActivityKind.INVITED: _("Invited"),
        ActivityKind.INVITATION_ACCEPTED: _("Invitation accepted"),
        ActivityKind.INVITATION_REVOKED: _("Invitation revoked"),
        ActivityKind.IMPORTED: _("Invitations imported"),
        ActivityKind.REFUSED: _("Refused"),
    }


def details_of(line: Line) -> str:
    """Say what else a line knows, such as `Role: Teacher, Before: Student`."""
    names, values = _names(), _values()
    said = []
    for key, value in line.detail.items():
        if value in ("", None, False):
            continue
        name = names.get(key, key)
        word = Role(value).label if key in ROLE_KEYS else values.get((key, str(value)), str(value))
        said.append(name if value is True else f"{name}: {word}")
    return ", ".join(said)


def _names() -> dict[str, str]:
    return {
        "role": _("Role"),
        "before": _("Before"),
        "after": _("Now"),
        "reason": _("Reason"),
        "by": _("By"),
        "device": _("Device"),
        "devices": _("Devices"),
        "code": _("Code"),
        "count": _("Number"),
        "again": _("Sent again"),
        "deleted": _("Deleted"),
        "what": _("What"),
        "tried": _("Tried"),
    }


def _values() -> dict[tuple[str, str], str]:
    return {
        ("reason", "wrong"): _("wrong name or password"),
        ("reason", "blocked"): _("is blocked"),
        ("by", "browser"): _("browser"),
        ("by", "api"): _("program"),
        ("by", "code"): _("code by email"),
        ("devices", "all"): _("all"),
        ("devices", "others"): _("all others"),
        ("what", "own data"): _("own data"),
        ("what", "activity"): _("activity log"),
        ("tried", "create"): _("create an account"),
        ("tried", "set_role"): _("change the role"),
        ("tried", "approve"): _("approve"),
        ("tried", "decline"): _("decline"),
        ("tried", "block"): _("block"),
        ("tried", "unblock"): _("unblock"),
        ("tried", "reset_password"): _("reset the password"),
        ("tried", "sign_out"): _("sign out everywhere"),
        ("tried", "verify"): _("count the address as proved"),
        ("tried", "send_reset_code"): _("send a code for a new password"),
        ("tried", "invite"): _("invite"),
        ("tried", "resend"): _("send the invitation again"),
        ("tried", "revoke"): _("revoke the invitation"),
        ("tried", "confirm"): _("confirm the list"),
        ("tried", "discard"): _("discard the list"),
        ("tried", "edit"): _("change the course"),
        ("tried", "publish"): _("publish the course"),
        ("tried", "unpublish"): _("make the course a draft"),
        ("tried", "archive"): _("archive the course"),
        ("tried", "delete"): _("delete"),
        ("tried", "hand_over"): _("hand the course over"),
        ("tried", "add"): _("add somebody to the course"),
        ("tried", "remove"): _("show somebody out"),
        ("tried", "grant"): _("give or take a right in the room"),
        ("tried", "grant_everyone"): _("give or take a right for everyone"),
        ("tried", "erase"): _("delete the account"),
    }
