"""Who may call what: every endpoint and method, for every identity in every relation to the course.

A row has a group of letters for anonymous, student (own, same, other, barred), teacher, manager, admin and blocked
(own, same, other each); a single letter counts for the whole group.

    +  may, and it is done          =  is answered, and nothing changes        ~  may, but not in this state (409, 422)
    s  has to sign in               f  sees the thing but may not (403)        h  may not even know of it (404)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from elearn.models import NotificationKind
from tests.permissions.world import Place, Visitor

Body = Callable[[Visitor], dict[str, Any]]

DRAFT = "update courses set state = 'draft'"
ARCHIVED = "update courses set state = 'archived'"
EMPTY = "update enrolments set state = 'left' where state = 'active'"
NO_LESSON = "update live_lessons set ended_at = started_at"


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    cells: str
    body: Body = field(default=lambda _: {})
    values: Callable[[Place], dict[str, Any]] = field(default=lambda _: {})
    given: str = ""


EVERYBODY = "+ + + + + +"
SIGNED_IN = "s + + + + s"
HIDDEN = "s h h h h s"
TEACHERS = "s f + + + s"  # of the school, and those above them
ADMINS = "s f f f + s"
OVERSEERS = "s f f + + s"
LEADERS = "s fffh +ff + + s"  # the course's teacher, and those above
LEADERS_OF_DRAFT = "s h +hh + + s"

# Whoever still has a course hands it over first.
DELETE_ACCOUNT = "s ~+++ ~++ ~++ ~++ s"

# Who is enrolled already stays enrolled; whoever is barred is told so.
ENROL = "s +=+f f=f f=f f=f s"
ENROL_IN_DRAFT = "s h fhh f=f f=f s"
ENROL_IN_ARCHIVE = "s h=hf ~=h ~=~ ~=~ s"
# Whoever is not enrolled has nothing to leave; that is no error.
LEAVE = "s =+=h =+= =+= =+= s"
LEAVE_ARCHIVE = "s h+hh =+h =+= =+= s"

ROOM = "s f+fh ++f + + s"  # who enters: those who lead it, and the students of a published course
ROOM_OF_DRAFT = "s h fhh + + s"  # its teacher sees the course; the room opens with it
ROOM_OF_ARCHIVE = "s hfhh +fh + + s"
HANDS = "s f+fh f+f f+f f+f s"  # of its students, whatever they are in the school
NO_PHOTO = "update users set photo = '00000000000000000000000000000000.webp'"
UNPROVED = "update users set email_verified_at = null where id = :user"
OWN_DEVICE = "update sign_ins set user_id = :user where id = :device"
OWN_MESSAGE = "update messages set sender_id = :user"
OWN_NOTIFICATION = "update notifications set user_id = :user"
OWN_STATUS = "update statuses set user_id = :user where id = :status"
EVERYONE_DRAWS = "update classrooms set everyone_draws = 1"
SHOWN_OUT = """insert into standings (classroom_id, user_id, draws, speaks, removed_at)
    select classrooms.id, users.id, 0, 0, '2026-01-01 00:00:00' from classrooms, users
    where users.username like '%_same'"""

# Whoever invited manages it, and those above the role that it gives; one who may invite no more still ends it.
INVITED_BY = "s +hhh +hh + + s"
INVITED_AGAIN_BY = "s fhhh +hh + + s"
# What somebody has sent who is no teacher any more, or blocked, counts no more.
LINK = "+ ~+++ + + + ~++"
LINK_FOR_NEW = "+ ~=== = = = ~++"
# A list belongs to whoever brought it; those above look at it and put it away, and do not confirm it.
IMPORTED_BY = "s +hhh +hh + + s"
CONFIRMED_BY = "s fhhh +hh +ff +ff s"
OWN_INVITATION = "update invitations set email_key = (select email_key from users where id = :user)"

# Without a sign-in, each for its reason.
PUBLIC = {
    "GET invitations.show": "the way in for who was invited; the link is the credential",
    "POST invitations.create_account": "the same",
    "POST invitations.sign_in": "the same",
    "GET api-invite.show_offer": "the same",
    "POST api-invite.accept": "the same",
    "GET assets": "styles, scripts and fonts, which the sign-in page needs",
    "GET health.healthz": "asked by whoever watches the server; says nothing about the school",
    "GET health.readyz": "the same",
    "GET pages.accessibility": "about the school, for everybody",
    "GET pages.help": "the same",
    "GET pages.privacy": "the same",
    "GET auth.sign_in": "the way in",
    "POST auth.sign_in": "the way in",
    "GET auth.register": "the way in",
    "POST auth.register": "the way in; students and teachers make their own accounts",
    "POST api-auth.register": "the way in",
    "POST api-auth.login": "the way in",
    "GET api_docs.schema": "what the API can do says nothing about the school",
    "GET api_docs.swagger": "the same",
    "GET api_docs.redoc": "the same",
    "GET outbox.unsubscribe": "whoever gets an email may end it; the link is the credential",
    "POST outbox.stop": "the same, also for mail programs",
    "GET look.index": "drawings of the macros; not there in a production",
    "GET auth.username_hint": "the way in; registering would tell the same",
    "GET auth.forgot": "whoever forgot the password is not signed in",
    "POST auth.forgot": "the same; the answer tells nothing about who is here",
    "GET auth.reset_password": "the same",
    "POST auth.reset_password": "the same; the code from the email is asked for",
    "POST api-auth.forget_password": "the same",
    "PUT api-auth.reset_password": "the same",
}


def course_form(visitor: Visitor) -> dict[str, Any]:
    return {
        "title": "A new title",
        "code": f"N-{visitor.name[:4]}",
        "subject": "music",
        "summary": "",
        "description": "",
    }


def new_list(_: Visitor) -> dict[str, Any]:
    return {"file": (BytesIO(b"email\nlist@elsewhere.example\n"), "class.csv")}


def new_invitation(_: Visitor) -> dict[str, Any]:
    return {"email": "somebody@elsewhere.example", "role": "student"}


def yes(visitor: Visitor) -> dict[str, Any]:
    """Make an account, or say nothing as somebody who has one."""
    account = {"username": "newcomer", "full_name": "New Comer", "password": "seven unrelated words"}
    return account if visitor.name.startswith(("anonymous", "blocked")) else {}


ASKS_TO_TEACH = "update users set requested_role = 'teacher' where username like 'person%'"
UNVERIFIED = "update users set email_verified_at = null where username like 'person%'"
BLOCKED_PEOPLE = "update users set blocked_at = '2026-01-01 00:00:00' where username like 'person%'"


def account(_: Visitor) -> dict[str, Any]:
    return {"username": "made", "email": "made@school.example", "full_name": "Made By Somebody", "role": "student"}


def new_person(_: Visitor) -> dict[str, Any]:
    password = "seven unrelated words"
    return {
        "username": "newcomer", "email": "new@school.example", "full_name": "New Comer", "password": password,
        "password_again": password,
    }  # fmt: skip


def new_password(_: Visitor) -> dict[str, Any]:
    password = "seven unrelated words"
    return {"email": "x@school.example", "code": "123456", "password": password, "password_again": password}


PAGES: dict[str, Row] = {
    # Everybody
    "GET assets": Row(EVERYBODY, values=lambda _: {"name": "v1/css/tokens.css"}),
    "GET health.healthz": Row(EVERYBODY),
    "GET health.readyz": Row(EVERYBODY),
    "GET pages.accessibility": Row(EVERYBODY),
    "GET pages.help": Row(EVERYBODY),
    "GET pages.privacy": Row(EVERYBODY),
    "GET look.index": Row(EVERYBODY),
    # Getting in and out
    "GET auth.sign_in": Row(EVERYBODY),
    "POST auth.sign_in": Row(
        "+ = = = = +", lambda visitor: {"login": visitor.place.outsider, "password": "four unrelated words"}
    ),
    "GET auth.register": Row(EVERYBODY, values=lambda _: {"role": "student"}),
    "POST auth.register": Row("+ = = = = +", new_person, values=lambda _: {"role": "teacher"}),
    "GET auth.username_hint": Row(EVERYBODY),
    "POST auth.sign_out": Row(SIGNED_IN),
    "POST auth.sign_out_everywhere": Row(SIGNED_IN),
    "GET auth.forgot": Row(EVERYBODY),
    "POST auth.forgot": Row(EVERYBODY, lambda visitor: {"email": f"{visitor.place.outsider}@school.example"}),
    "GET auth.reset_password": Row(EVERYBODY),
    "POST auth.reset_password": Row("~ ~ ~ ~ ~ ~", new_password),
    # Whoever has proved the address is led on.
    "GET auth.verify_email": Row(SIGNED_IN),
    "GET auth.verify_email of somebody new": Row(SIGNED_IN, given=UNPROVED),
    "POST auth.verify_email": Row("s = = = = s", lambda _: {"code": "123456"}),
    "POST auth.verify_email of somebody new": Row("s ~ ~ ~ ~ s", lambda _: {"code": "123456"}, given=UNPROVED),
    "POST auth.resend_code": Row("s ~ ~ ~ ~ s"),
    "POST auth.resend_code of somebody new": Row(SIGNED_IN, given=UNPROVED),
    "GET auth.correct_email": Row(SIGNED_IN),
    "POST auth.correct_email": Row("s = = = = s", lambda _: {"email": "other@school.example"}),
    "POST auth.correct_email of somebody new": Row(
        SIGNED_IN, lambda _: {"email": "other@school.example"}, given=UNPROVED
    ),
    # Password, address, devices: each their own
    "GET account.credentials_page": Row(SIGNED_IN),
    "POST account.change_password": Row(
        SIGNED_IN,
        lambda _: {
            "password-old_password": "four unrelated words",
            "password-password": "seven unrelated words",
            "password-password_again": "seven unrelated words",
        },
    ),
    "GET account.ask_for_email": Row(SIGNED_IN),
    "POST account.ask_for_email": Row(
        SIGNED_IN, lambda _: {"email-email": "new@school.example", "email-password": "four unrelated words"}
    ),
    "GET account.change_email": Row(SIGNED_IN),
    "POST account.change_email": Row("s ~ ~ ~ ~ s", lambda _: {"code": "123456"}),
    "GET account.devices": Row(SIGNED_IN),
    "POST account.end_device": Row(SIGNED_IN, given=OWN_DEVICE, values=lambda place: {"device_id": place.device_id}),
    "POST account.end_device of somebody else": Row("s h h h h s", values=lambda place: {"device_id": place.device_id}),
    "POST account.end_other_devices": Row(SIGNED_IN, given=OWN_DEVICE),
    # Oneself
    "GET home.index": Row(SIGNED_IN),
    "GET profile.show": Row(SIGNED_IN),
    "GET profile.edit": Row(SIGNED_IN),
    "POST profile.edit": Row(SIGNED_IN, lambda _: {"full_name": "Another Name", "bio": ""}),
    "GET profile.preferences": Row(SIGNED_IN),
    "POST profile.preferences": Row(SIGNED_IN, lambda _: {"language": "de", "theme": "dark", "time_zone": "UTC"}),
    "GET profile.public": Row("s ++hh ++h + + s"),
    "GET own_data.show": Row(SIGNED_IN),
    "POST own_data.request_copy": Row(SIGNED_IN),
    # Nobody has asked for one yet.
    "GET own_data.download": Row("s h h h h s"),
    "GET own_data.delete_account": Row(SIGNED_IN),
    "POST own_data.delete_account": Row(DELETE_ACCOUNT, lambda _: {"password": "four unrelated words"}),
    "POST own_data.delete_account by a guess": Row("s f f f f s", lambda _: {"password": "some other words"}),
    "GET profile.photo": Row(SIGNED_IN, values=lambda place: {"key": place.photo}),
    # What people say about today: everybody may post, only the writer edits, managers may delete
    "GET statuses.feed": Row(SIGNED_IN),
    "POST statuses.post": Row(SIGNED_IN, lambda _: {"text": "Hello"}),
    "POST statuses.edit": Row("s ffhh ffh f f s", lambda _: {"text": "Hello"}),
    "POST statuses.edit of one's own": Row(SIGNED_IN, lambda _: {"text": "Hello"}, given=OWN_STATUS),
    "POST statuses.delete": Row("s ffhh ffh + + s"),
    "POST statuses.delete of one's own": Row(SIGNED_IN, given=OWN_STATUS),
    # What one was told
    "GET notifications.index": Row(SIGNED_IN),
    "POST notifications.follow": Row(HIDDEN),
    "POST notifications.follow of one's own": Row(SIGNED_IN, given=OWN_NOTIFICATION),
    "POST notifications.read": Row(HIDDEN),
    "POST notifications.read of one's own": Row(SIGNED_IN, given=OWN_NOTIFICATION),
    "POST notifications.read_all": Row("s = = = = s"),
    "POST notifications.read_all of one's own": Row(SIGNED_IN, given=OWN_NOTIFICATION),
    "GET notifications.choices": Row(SIGNED_IN),
    "POST notifications.choices": Row(SIGNED_IN, lambda _: {f"email-{kind}": "off" for kind in NotificationKind}),
    # Emails
    "GET outbox.index": Row(ADMINS),
    "POST outbox.retry": Row(ADMINS),
    "POST outbox.retry_failed": Row(ADMINS),
    "GET outbox.unsubscribe": Row(EVERYBODY),
    "POST outbox.stop": Row(EVERYBODY),
    # Invitations, and the page behind their links
    "GET invitations.index": Row(TEACHERS),
    "GET invitations.invite": Row(TEACHERS),
    "POST invitations.invite": Row(TEACHERS, new_invitation),
    "POST invitations.resend": Row(INVITED_AGAIN_BY),
    "POST invitations.revoke": Row(INVITED_BY),
    "POST invitations.delete": Row(INVITED_BY),
    "GET invitations.show": Row(LINK),
    "POST invitations.create_account": Row(LINK_FOR_NEW, yes),
    "POST invitations.sign_in": Row(
        LINK_FOR_NEW, lambda visitor: {"login": visitor.place.outsider, "password": "four unrelated words"}
    ),
    "POST invitations.accept": Row("s ~=== = = = s"),
    "POST invitations.accept of one's own": Row("s ~+++ + + + s", given=OWN_INVITATION),
    "POST invitations.sign_out": Row(SIGNED_IN),
    "GET invitation_imports.template": Row(SIGNED_IN),
    "GET invitation_imports.upload": Row(TEACHERS),
    "POST invitation_imports.upload": Row(TEACHERS, new_list),
    "GET invitation_imports.show": Row(IMPORTED_BY),
    "GET invitation_imports.left_out": Row(IMPORTED_BY),
    "POST invitation_imports.confirm": Row(CONFIRMED_BY),
    "POST invitation_imports.discard": Row(IMPORTED_BY),
    # Courses
    "GET courses.catalogue": Row(SIGNED_IN),
    "GET courses.mine": Row(SIGNED_IN),
    "GET courses.create": Row(TEACHERS),
    "POST courses.create": Row(TEACHERS, course_form),
    "GET courses.show": Row("s +++h + + + s"),
    "GET courses.show of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "GET courses.show of the archive": Row("s h+hh ++h + + s", given=ARCHIVED),
    "GET courses.edit": Row(LEADERS),
    "GET courses.edit of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.edit": Row(LEADERS, course_form),
    "POST courses.edit of a draft": Row(LEADERS_OF_DRAFT, course_form, given=DRAFT),
    "POST courses.publish": Row("s fffh =ff = = s"),
    "POST courses.publish of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.publish of the archive": Row("s hfhh +fh + + s", given=ARCHIVED),
    "POST courses.unpublish": Row("s fffh ~ff ~ ~ s"),
    "POST courses.unpublish without students": Row("s fffh +ff + + s", given=EMPTY),
    "POST courses.archive": Row(LEADERS),
    "POST courses.delete": Row(LEADERS),
    "POST courses.delete of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST courses.enrol": Row(ENROL),
    "POST courses.enrol of a draft": Row(ENROL_IN_DRAFT, given=DRAFT),
    "POST courses.enrol of the archive": Row(ENROL_IN_ARCHIVE, given=ARCHIVED),
    "POST courses.leave": Row(LEAVE),
    "POST courses.leave of the archive": Row(LEAVE_ARCHIVE, given=ARCHIVED),
    # The people of a course
    "GET courses.people": Row(LEADERS),
    "GET courses.hand_over": Row(OVERSEERS),
    "POST courses.hand_over": Row(OVERSEERS, lambda visitor: {"login": visitor.place.colleague}),
    # Reloading after a refused block leads to the list, which asks by itself who may see it.
    "GET courses.block_by_name": Row(SIGNED_IN),
    "POST courses.add_person": Row(LEADERS, lambda visitor: {"add-login": visitor.place.outsider}),
    "POST courses.block_by_name": Row(
        LEADERS, lambda visitor: {"block-login": visitor.place.outsider, "block-reason": "Noise"}
    ),
    "POST courses.remove_person": Row(LEADERS),
    "POST courses.block_person": Row(LEADERS, lambda _: {"reason": "Noise"}),
    "POST courses.unblock_person": Row(LEADERS, values=lambda place: {"user_id": place.barred_id}),
    # All people, and what was done
    "GET people.index": Row(TEACHERS),
    "GET people.create": Row(OVERSEERS),
    "POST people.create": Row(OVERSEERS, account),
    "GET people.show": Row(OVERSEERS),
    "POST people.change_role": Row(OVERSEERS, lambda _: {"role-role": "teacher"}),
    "POST people.approve": Row(OVERSEERS, given=ASKS_TO_TEACH),
    "POST people.decline": Row(OVERSEERS, lambda _: {"decline-reason": "Not yet"}, given=ASKS_TO_TEACH),
    "POST people.block": Row(OVERSEERS, lambda _: {"block-reason": "Noise"}),
    "POST people.unblock": Row(OVERSEERS, given=BLOCKED_PEOPLE),
    "POST people.reset_password": Row(OVERSEERS),
    "POST people.verify": Row(OVERSEERS, given=UNVERIFIED),
    "POST people.sign_out": Row(OVERSEERS),
    "GET activity.index": Row(OVERSEERS),
    "POST activity.export": Row(OVERSEERS),
    # The live room
    "GET classrooms.show": Row(ROOM),
    "GET classrooms.show of a draft": Row(ROOM_OF_DRAFT, given=DRAFT),
    "GET classrooms.show of the archive": Row(ROOM_OF_ARCHIVE, given=ARCHIVED),
}


def api_course(visitor: Visitor) -> dict[str, Any]:
    return {"title": "A new title", "code": f"N-{visitor.name[:4]}"}


def drawing(_: Visitor) -> dict[str, Any]:
    line = {"id": "line-0001", "kind": "line", "z": 1, "color": "blue", "width": 2, "dash": 0}
    return {"cid": "batch-0001", "ops": [{"op": "add", "object": line | {"x1": 0, "y1": 0, "x2": 50, "y2": 50}}]}


API: dict[str, Row] = {
    # The documents
    "GET api_docs.schema": Row(EVERYBODY),
    "GET api_docs.swagger": Row(EVERYBODY),
    "GET api_docs.redoc": Row(EVERYBODY),
    # Getting in and out
    "POST api-auth.register": Row(
        EVERYBODY,
        lambda visitor: {k: v for k, v in new_person(visitor).items() if k != "password_again"} | {"role": "student"},
    ),
    "POST api-auth.login": Row(
        EVERYBODY, lambda visitor: {"login": visitor.place.outsider, "password": "four unrelated words"}
    ),
    "POST api-auth.refresh": Row(
        SIGNED_IN, lambda visitor: {"refresh_token": visitor.tokens.get("refresh_token", "none")}
    ),
    "POST api-auth.logout": Row(SIGNED_IN),
    "GET api-auth.who_am_i": Row(SIGNED_IN),
    "POST api-auth.forget_password": Row(
        EVERYBODY, lambda visitor: {"email": f"{visitor.place.outsider}@school.example"}
    ),
    "PUT api-auth.reset_password": Row(
        "~ ~ ~ ~ ~ ~", lambda _: {"email": "x@school.example", "code": "123456", "password": "seven unrelated words"}
    ),
    "POST api-auth.send_code": Row("s ~ ~ ~ ~ s"),
    "POST api-auth.send_code of somebody new": Row(SIGNED_IN, given=UNPROVED),
    "PUT api-auth.verify_email": Row("s ~ ~ ~ ~ s", lambda _: {"code": "123456"}),
    "PUT api-auth.change_password": Row(
        SIGNED_IN, lambda _: {"old_password": "four unrelated words", "password": "seven unrelated words"}
    ),
    "POST api-auth.ask_for_email": Row(
        SIGNED_IN, lambda _: {"email": "new@school.example", "password": "four unrelated words"}
    ),
    "PUT api-auth.change_email": Row("s ~ ~ ~ ~ s", lambda _: {"code": "123456"}),
    "GET api-auth.list_sessions": Row(SIGNED_IN),
    "DELETE api-auth.end_other_sessions": Row(SIGNED_IN, given=OWN_DEVICE),
    "POST api-auth.end_all_sessions": Row(SIGNED_IN),
    "DELETE api-auth.end_session": Row(
        SIGNED_IN, given=OWN_DEVICE, values=lambda place: {"session_id": place.device_id}
    ),
    "DELETE api-auth.end_session of somebody else": Row(
        "s h h h h s", values=lambda place: {"session_id": place.device_id}
    ),
    # Oneself
    "GET api-users.show_me": Row(SIGNED_IN),
    "PATCH api-users.edit_me": Row(SIGNED_IN, lambda _: {"full_name": "Another Name"}),
    "GET api-users.show_profile": Row("s ++hh ++h + + s"),
    "GET api-users.show_my_preferences": Row(SIGNED_IN),
    "PATCH api-users.change_my_preferences": Row(SIGNED_IN, lambda _: {"language": "de"}),
    "GET api-users.show_my_export": Row("s h h h h s"),
    "POST api-users.ask_for_my_export": Row(SIGNED_IN),
    "GET api-users.download_my_export": Row("s h h h h s"),
    "DELETE api-users.delete_me": Row(DELETE_ACCOUNT, lambda _: {"password": "four unrelated words"}),
    "DELETE api-users.delete_me by a guess": Row("s f f f f s", lambda _: {"password": "some other words"}),
    "DELETE api-users.remove_my_photo": Row(SIGNED_IN, given=NO_PHOTO),
    # What people say about today
    "GET api-statuses.list_statuses": Row(SIGNED_IN),
    "POST api-statuses.post_status": Row(SIGNED_IN, lambda _: {"text": "Hello"}),
    "GET api-statuses.show_status": Row("s ++hh ++h + + s"),
    "PATCH api-statuses.edit_status": Row("s ffhh ffh f f s", lambda _: {"text": "Hello"}),
    "PATCH api-statuses.edit_status of one's own": Row(SIGNED_IN, lambda _: {"text": "Hello"}, given=OWN_STATUS),
    "DELETE api-statuses.delete_status": Row("s ffhh ffh + + s"),
    "DELETE api-statuses.delete_status of one's own": Row(SIGNED_IN, given=OWN_STATUS),
    # What one was told
    "GET api-notifications.list_notifications": Row(SIGNED_IN),
    "POST api-notifications.read_notification": Row(HIDDEN),
    "POST api-notifications.read_notification of one's own": Row(SIGNED_IN, given=OWN_NOTIFICATION),
    "POST api-notifications.read_all_notifications": Row("s = = = = s"),
    "POST api-notifications.read_all_notifications of one's own": Row(SIGNED_IN, given=OWN_NOTIFICATION),
    "GET api-notifications.show_notification_preferences": Row(SIGNED_IN),
    "PATCH api-notifications.choose_notification_preferences": Row(
        SIGNED_IN, lambda _: {"items": [{"kind": "deadline_near", "email": "off"}]}
    ),
    # Emails
    "GET api-outbox.list_emails": Row(ADMINS),
    "POST api-outbox.retry_email": Row(ADMINS),
    "POST api-outbox.retry_failed_emails": Row(ADMINS),
    # Invitations, and their links
    "GET api-invitations.list_invitations": Row(TEACHERS),
    "POST api-invitations.invite": Row(TEACHERS, new_invitation),
    "GET api-invitations.show_invitation": Row(INVITED_BY),
    "DELETE api-invitations.delete_invitation": Row(INVITED_BY),
    "POST api-invitations.resend_invitation": Row(INVITED_AGAIN_BY),
    "POST api-invitations.revoke_invitation": Row(INVITED_BY),
    "GET api-invitation-imports.invitation_template": Row(SIGNED_IN),
    "GET api-invitation-imports.list_imports": Row(TEACHERS),
    "POST api-invitation-imports.start_import": Row(TEACHERS, new_list),
    "GET api-invitation-imports.show_import": Row(IMPORTED_BY),
    "GET api-invitation-imports.list_import_rows": Row(IMPORTED_BY),
    "GET api-invitation-imports.download_bad_rows": Row(IMPORTED_BY),
    "POST api-invitation-imports.confirm_import": Row(CONFIRMED_BY),
    "DELETE api-invitation-imports.discard_import": Row(IMPORTED_BY),
    "GET api-invite.show_offer": Row(LINK),
    "POST api-invite.accept": Row("+ ~fff f f f ~++", yes),
    "POST api-invite.accept of one's own": Row("+ ~+++ + + + ~", yes, given=OWN_INVITATION),
    # All people, and what was done
    "GET api-users.list_people": Row(TEACHERS),
    "POST api-users.create_person": Row(OVERSEERS, account),
    "GET api-users.show_person": Row(OVERSEERS),
    "PUT api-users.change_role": Row(OVERSEERS, lambda _: {"role": "teacher"}),
    "PUT api-users.change_role to one's own": Row("s f f f + s", lambda _: {"role": "manager"}),
    "POST api-users.approve_person": Row(OVERSEERS, given=ASKS_TO_TEACH),
    "POST api-users.approve_person who does not ask": Row("s f f ~ ~ s"),
    "POST api-users.decline_person": Row(OVERSEERS, lambda _: {"reason": "Not yet"}, given=ASKS_TO_TEACH),
    "POST api-users.block_person": Row(OVERSEERS, lambda _: {"reason": "Noise"}),
    "POST api-users.block_person above most": Row(
        ADMINS, lambda _: {"reason": "Noise"}, given="update users set role = 'manager' where username like 'person%'"
    ),
    "POST api-users.unblock_person": Row(OVERSEERS, given=BLOCKED_PEOPLE),
    "POST api-users.reset_password_of": Row(OVERSEERS),
    "POST api-users.verify_person": Row(OVERSEERS, given=UNVERIFIED),
    "POST api-users.sign_person_out": Row(OVERSEERS),
    "GET api-users.list_sessions_of": Row(OVERSEERS),
    "DELETE api-users.end_sessions_of": Row(OVERSEERS),
    "DELETE api-users.end_sessions_of above most": Row(
        ADMINS, given="update users set role = 'manager' where username like 'person%'"
    ),
    "GET api-users.list_courses_of": Row(OVERSEERS),
    "GET api-activity.list_activity": Row(OVERSEERS),
    # Courses
    "GET api-courses.list_courses": Row(SIGNED_IN),
    "GET api-courses.list_my_courses": Row(SIGNED_IN),
    "POST api-courses.create_course": Row(TEACHERS, api_course),
    "GET api-courses.show_course": Row("s +++h + + + s"),
    "GET api-courses.show_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "GET api-courses.show_course of the archive": Row("s h+hh ++h + + s", given=ARCHIVED),
    "PATCH api-courses.edit_course": Row(LEADERS, api_course),
    "PATCH api-courses.edit_course of a draft": Row(LEADERS_OF_DRAFT, api_course, given=DRAFT),
    "DELETE api-courses.delete_course": Row(LEADERS),
    "DELETE api-courses.delete_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.publish_course": Row("s fffh =ff = = s"),
    "POST api-courses.publish_course of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.unpublish_course": Row("s fffh ~ff ~ ~ s"),
    "POST api-courses.unpublish_course without students": Row(LEADERS, given=EMPTY),
    "POST api-courses.archive_course": Row(LEADERS),
    "POST api-courses.archive_course of a draft": Row("s h ~hh ~ ~ s", given=DRAFT),
    "POST api-courses.enrol": Row(ENROL),
    "POST api-courses.enroll": Row(ENROL),
    "POST api-courses.enrol of a draft": Row(ENROL_IN_DRAFT, given=DRAFT),
    "POST api-courses.enrol of the archive": Row(ENROL_IN_ARCHIVE, given=ARCHIVED),
    "POST api-courses.unenrol": Row(LEAVE),
    "POST api-courses.unenroll": Row(LEAVE),
    "POST api-courses.unenrol of the archive": Row(LEAVE_ARCHIVE, given=ARCHIVED),
    "PUT api-courses.hand_over": Row(OVERSEERS, lambda visitor: {"teacher": visitor.place.colleague}),
    "GET api-courses.list_students": Row(LEADERS),
    "GET api-courses.list_students of a draft": Row(LEADERS_OF_DRAFT, given=DRAFT),
    "POST api-courses.add_student": Row(LEADERS, lambda visitor: {"user": visitor.place.outsider}),
    "DELETE api-courses.remove_student": Row(LEADERS),
    "POST api-courses.block_student": Row(
        LEADERS, lambda visitor: {"user": str(visitor.place.classmate_id), "reason": "Noise"}
    ),
    "POST api-courses.unblock_student": Row(LEADERS, lambda visitor: {"user": str(visitor.place.barred_id)}),
    # Live rooms
    "GET api-classrooms.list_rooms": Row(SIGNED_IN),
    "GET api-classrooms.show_room": Row(ROOM),
    "GET api-classrooms.show_room of a draft": Row(ROOM_OF_DRAFT, given=DRAFT),
    "GET api-classrooms.show_room of the archive": Row(ROOM_OF_ARCHIVE, given=ARCHIVED),
    # Whoever teaches or oversees cannot be shown out of their own room.
    "GET api-classrooms.show_room once shown out": Row("s fffh +ff + + s", given=SHOWN_OUT),
    "GET api-classrooms.list_lessons": Row(ROOM),
    "POST api-classrooms.start_lesson": Row(LEADERS, given=NO_LESSON),
    "POST api-classrooms.start_lesson while one goes on": Row("s fffh ~ff ~ ~ s"),
    "POST api-classrooms.end_lesson": Row(LEADERS),
    "PUT api-classrooms.raise_hand": Row(HANDS, lambda _: {"raised": True}),
    "PUT api-classrooms.raise_hand once shown out": Row("s fffh f f f s", lambda _: {"raised": True}, given=SHOWN_OUT),
    "PUT api-classrooms.grant_right": Row(
        LEADERS, lambda visitor: {"user": str(visitor.place.classmate_id), "right": "speak", "on": True}
    ),
    "PUT api-classrooms.grant_right to everyone": Row(LEADERS, lambda _: {"user": "*", "right": "draw", "on": True}),
    "DELETE api-classrooms.show_out": Row(LEADERS),
    "GET api-classrooms.list_messages": Row(ROOM),
    "POST api-classrooms.post_message": Row(ROOM, lambda _: {"text": "Hello", "nonce": "nonce-22"}),
    "POST api-classrooms.post_message in a draft": Row(
        ROOM_OF_DRAFT, lambda _: {"text": "Hello", "nonce": "nonce-22"}, given=DRAFT
    ),
    "POST api-classrooms.post_message once shown out": Row(
        LEADERS, lambda _: {"text": "Hello", "nonce": "nonce-22"}, given=SHOWN_OUT
    ),
    "DELETE api-classrooms.delete_message": Row(LEADERS),
    "DELETE api-classrooms.delete_message of one's own": Row(ROOM, given=OWN_MESSAGE),
    "GET api-classrooms.show_board": Row(ROOM),
    "GET api-classrooms.show_board_page": Row(ROOM),
    "POST api-classrooms.add_board_page": Row(LEADERS),
    "DELETE api-classrooms.remove_board_page": Row(LEADERS),
    "PUT api-classrooms.turn_board": Row(LEADERS, lambda visitor: {"page": str(visitor.place.second_page_id)}),
    "POST api-classrooms.draw": Row(LEADERS, drawing),
    "POST api-classrooms.draw where everyone may": Row(ROOM, drawing, given=EVERYONE_DRAWS),
}

MATRIX: dict[str, Row] = PAGES | API
