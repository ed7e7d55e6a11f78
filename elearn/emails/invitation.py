"""An invitation. Secret: `token`. Facts: `inviter`, `role`, `courses` (titles), `message`, `days`."""

from elearn.emails.letter import Facts, Item, Kind, Letter, school_name, stays
from elearn.languages import _, lazy, several


def write(facts: Facts) -> Letter:
    inviter, courses = facts["inviter"], facts.get("courses", [])
    lines = [_("%(name)s invites you to %(school)s as %(role)s.", name=inviter, school=school_name(), role=role(facts))]
    if courses:
        lines.append(several("It enrols you in this course:", "It enrols you in these courses:", len(courses)))
    return Letter(
        subject=_("%(name)s invites you to %(school)s", name=inviter, school=school_name()),
        lines=lines,
        items=[Item(title) for title in courses],
        quote=facts.get("message", ""),
        button=(_("See the invitation"), f"/invite/{facts['token']}"),
        after=[
            several(
                "The invitation is for you alone and can be accepted within %(num)s day.",
                "The invitation is for you alone and can be accepted within %(num)s days.",
                int(facts["days"]),
            ),
            _("If you do not know what this is about, do nothing."),
        ],
    )


def role(facts: Facts) -> str:
    """Say a role as it stands in a sentence."""
    names = {
        "student": _("a student"),
        "teacher": _("a teacher"),
        "manager": _("a manager"),
        "admin": _("an administrator"),
    }
    return names[facts["role"]]


KIND = Kind(write, lazy("Invitation"), follows_person=stays)
