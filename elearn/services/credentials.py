"""Proving an address, and changing what somebody signs in with: by a code from the email, or by the old password."""

from uuid import UUID

import structlog
from sqlalchemy import select

from elearn import clock
from elearn.errors import Conflict, Forbidden, Invalid, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import passwords, rate_limits, revocation
from elearn.languages import _, lazy
from elearn.models import ActivityKind, Code, CodePurpose, NotificationKind, Role, SignIn, User, fold
from elearn.networks import network_of
from elearn.permissions import Action, Actor, require
from elearn.services import accounts, activity, codes, notifications, outbox, search, sign_ins
from elearn.services.codes import Account
from elearn.services.outbox import Recipient
from elearn.transaction import taken_means, transactional

log = structlog.get_logger(__name__)

# From one network address: a class of thirty proves its addresses in one lesson.
ASKS_FROM_ADDRESS = "60/hour"
GUESSES_FROM_ADDRESS = "300/hour"
PAGE = "/you/password"
PROVED_ALREADY = lazy("Another account has proved this address already. Sign in with that one, or take another address")
RESET, VERIFY, CHANGE = CodePurpose.RESET_PASSWORD, CodePurpose.VERIFY_EMAIL, CodePurpose.CHANGE_EMAIL


def _locked(user_id: UUID) -> User:
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or user.is_blocked:
        raise NotFound(_("This account is not here any more."))
    return user


def _myself(actor: User) -> User:
    """Return the locked row of whoever acts, with what their door has put on them."""
    user = _locked(actor.id)
    user.sign_in_id, user.address = actor.sign_in_id, actor.address
    return user


def _spend_guess(account: Account, address: str) -> None:
    rate_limits.spend("20/hour", f"guess-{account.purpose}", account.name)
    rate_limits.spend(GUESSES_FROM_ADDRESS, "guess-address", network_of(address))


# Proving the address


def seconds_to_wait(actor: User) -> int:
    """Return in how many seconds one may ask for a fresh code."""
    return codes.wait(Account(VERIFY, actor.id), actor.email_key)


def send_verification(actor: User) -> None:
    """Send a fresh code to the address that one has typed; the code before ends."""
    require(actor, Action.EDIT_PROFILE, actor)
    _refuse_proved(actor)
    codes.spend_ask(Account(VERIFY, actor.id), actor.email_key)
    rate_limits.spend(ASKS_FROM_ADDRESS, "code-address", network_of(actor.address))
    _send_verification(actor)


@transactional
def _send_verification(actor: User) -> None:
    user = _myself(actor)
    _refuse_proved(user)
    codes.require_ask(Account(VERIFY, user.id), user.email_key)
    codes.send_proof(VERIFY, user, user.email)


def _refuse_proved(user: User) -> None:
    if user.is_verified:
        raise Conflict("verified", _("Your address is proved already."))


def verify_email(actor: User, code: str) -> User:
    """Prove with the code that the address is one's own."""
    require(actor, Action.EDIT_PROFILE, actor)
    _refuse_proved(actor)
    account = Account(VERIFY, actor.id)
    _spend_guess(account, actor.address)
    return _verify(actor, codes.check(account, code))


@transactional
def _verify(actor: User, guess: codes.Guess) -> User:
    user = _myself(actor)
    codes.use(guess)
    if guess.email != user.email:
        raise codes.wrong()
    return _prove(user, user)


def verify_for(actor: Actor, user_id: UUID) -> User:
    """Take somebody's address as proved, for whoever knows that it is theirs."""
    require(actor, Action.OVERSEE_PEOPLE)
    return _verify_for(actor, user_id)


@transactional
def _verify_for(actor: Actor, user_id: UUID) -> User:
    user = _locked(user_id)
    require(actor, Action.CHANGE_PERSON, user)
    return user if user.is_verified else _prove(actor, user)


def _prove(actor: Actor, user: User) -> User:
    with taken_means("email_key", "taken", PROVED_ALREADY, "code"):
        user.email_verified_at = clock.now()
    codes.end_all(user.id)
    activity.record(ActivityKind.EMAIL_VERIFIED, actor, subject=user)
    _tell_staff(user)
    log.info("email_verified", user=str(user.id))
    return user


def _tell_staff(user: User) -> None:
    """Say who asks for another role, once the address is proved: before, it would only make noise."""
    if user.requested_role is None:
        return
    staff = db.session.scalars(
        select(User.id).where(User.role.in_((Role.MANAGER, Role.ADMIN)), User.blocked_at.is_(None))
    ).all()
    notifications.notify(
        NotificationKind.ACCOUNT, staff, actor=user, event="role_requested", role=user.requested_role.value,
        path=f"/people/{user.id}/manage",
    )  # fmt: skip


def correct_email(actor: User, email: str) -> User:
    """Put a mistyped address right that was never proved, and send the code there."""
    require(actor, Action.EDIT_PROFILE, actor)
    _refuse_proved(actor)
    clean = accounts.clean_email(email)
    codes.spend_ask(Account(VERIFY, actor.id), fold(clean))
    rate_limits.spend(ASKS_FROM_ADDRESS, "code-address", network_of(actor.address))
    return _correct_email(actor, clean)


@transactional
def _correct_email(actor: User, email: str) -> User:
    user = _myself(actor)
    _refuse_proved(user)
    codes.require_ask(Account(VERIFY, user.id), fold(email))
    user.move_to(email)
    search.index(user)
    codes.send_proof(VERIFY, user, email)
    return user


# A forgotten password


def ask_for_reset(email: str, address: str) -> None:
    """Send a code to whoever has proved this address; for everybody else this looks the same."""
    clean = accounts.clean_email(email)
    account = Account(RESET, email_key=fold(clean))
    codes.spend_ask(account, account.email_key)
    rate_limits.spend(ASKS_FROM_ADDRESS, "code-address", network_of(address))
    _ask_for_reset(account, clean)


@transactional
def _ask_for_reset(account: Account, email: str) -> None:
    owner = db.session.scalar(
        select(User)
        .where(
            User.email_key == account.email_key,
            User.email_verified_at.is_not(None),
            User.blocked_at.is_(None),
            User.deleted_at.is_(None),
        )
        .with_for_update()
    )
    codes.require_ask(account, account.email_key)
    # To the address that was proved, not to the one that was typed: they may look alike and be two.
    recipient = outbox.to(owner) if owner else Recipient(email)
    codes.send(account, recipient, recipient.email, drop=owner is None)


def reset_password(*, email: str, code: str, password: str, address: str) -> User:
    """Set a new password with the code from the email; every device is signed out."""
    clean = accounts.clean_email(email)
    accounts.clean_password(password, clean)
    codes.clean_code(code)
    account = Account(RESET, email_key=fold(clean))
    _spend_guess(account, address)
    guess = codes.check(account, code)
    owner = db.session.get_one(User, guess.user_id)
    accounts.clean_password(password, owner.username, owner.email)
    return _reset(guess, passwords.hash_password(password), address)


@transactional
def _reset(guess: codes.Guess, password_hash: str, address: str) -> User:
    user = db.session.get(User, guess.user_id, with_for_update=True)
    if user is None or user.is_blocked or not user.is_verified or user.email != guess.email:
        raise codes.wrong()
    codes.use(guess)
    user.address = address
    _set_password(user, password_hash, ActivityKind.PASSWORD_RESET)
    accounts.end_sign_ins(SignIn.user_id == user.id)
    return user


def _set_password(user: User, password_hash: str, kind: ActivityKind) -> None:
    """Change the hash, and tell the owner wherever they may look."""
    user.password_hash = password_hash
    codes.end_all(user.id)
    activity.record(kind, user, subject=user)
    if user.is_verified:
        outbox.post("password_changed", outbox.to(user), {})
    notifications.notify(NotificationKind.ACCOUNT, [user.id], event="password_changed", path=PAGE)
    log.info(kind.value, user=str(user.id))
    revocation.recheck_person(user.id)


# The password, by the old one


def _require_password(actor: User, password: str, field: str) -> None:
    rate_limits.spend(current_settings().sign_in_limit, "password", str(actor.id))
    if not passwords.verify(actor.password_hash, password):
        raise Forbidden(_("This is not your password."), code="wrong_password", field=field)


def change_password(actor: User, *, old_password: str, password: str) -> SignIn:
    """Change one's own password, and return the new sign-in of this device; all other sign-ins have ended."""
    require(actor, Action.EDIT_PROFILE, actor)
    accounts.clean_password(password, actor.username, actor.email)
    _require_password(actor, old_password, "old_password")
    if old_password == password:
        raise Invalid("invalid", _("Choose another password than the one that you have"), field="password")
    return accounts.with_owner(_change_password(actor, actor.password_hash, passwords.hash_password(password)))


@transactional
def _change_password(actor: User, old_hash: str, password_hash: str) -> SignIn:
    user = _myself(actor)
    if user.password_hash != old_hash:
        raise Conflict("changed", _("Your password was changed a moment ago, on another device."))
    accounts.end_sign_ins(SignIn.user_id == user.id, SignIn.id != user.sign_in_id)
    _set_password(user, password_hash, ActivityKind.PASSWORD_CHANGED)
    return sign_ins.renew(user)


# The address


def ask_for_email(actor: User, *, email: str, password: str) -> str:
    """Send a code to a new address, and return the address; until it is proved the old one counts.

    The same address is tried once more when there was no such mailbox.
    """
    require(actor, Action.EDIT_PROFILE, actor)
    clean = accounts.clean_email(email)
    if clean == actor.email and actor.email_refused_at is None:
        raise Invalid("invalid", _("This is your address already"), field="email")
    _require_password(actor, password, "password")
    if not actor.is_verified:
        correct_email(actor, clean)
        return clean
    codes.spend_ask(Account(CHANGE, actor.id), fold(clean))
    rate_limits.spend(ASKS_FROM_ADDRESS, "code-address", network_of(actor.address))
    _ask_for_email(actor, clean)
    return clean


@transactional
def _ask_for_email(actor: User, email: str) -> None:
    user = _myself(actor)
    codes.require_ask(Account(CHANGE, user.id), fold(email))
    codes.send_proof(CHANGE, user, email)


def address_in_waiting(actor: User) -> str:
    """Return the new address for which a code is on its way, or nothing."""
    waiting = (Code.ended_at.is_(None)) & (Code.expires_at > clock.now())
    query = select(Code.email).where(Account(CHANGE, actor.id).owns(), waiting)
    return db.session.scalar(query.order_by(Code.created_at.desc()).limit(1)) or ""


def change_email(actor: User, code: str) -> User:
    """Take the new address with the code that came there; the old one is told."""
    require(actor, Action.EDIT_PROFILE, actor)
    account = Account(CHANGE, actor.id)
    _spend_guess(account, actor.address)
    return _change_email(actor, codes.check(account, code))


@transactional
def _change_email(actor: User, guess: codes.Guess) -> User:
    user = _myself(actor)
    codes.use(guess)
    with taken_means("email_key", "taken", PROVED_ALREADY, "code"):
        _move(user, user, guess.email)
    return user


@activity.leaves_trace
def set_email_for(actor: Actor, user_id: UUID, email: str) -> User:
    """Give somebody another address, for whoever knows that it is theirs; the old one is told."""
    require(actor, Action.OVERSEE_PEOPLE)
    return _set_email_for(actor, user_id, accounts.clean_email(email))


@transactional
def _set_email_for(actor: Actor, user_id: UUID, email: str) -> User:
    user = _locked(user_id)
    require(actor, Action.CHANGE_PERSON, user)
    if user.email == email and user.is_verified:
        return user
    was_verified = user.is_verified
    with taken_means("email_key", "taken", _("Another account has proved this address already."), "email"):
        _move(actor, user, email)
    if not was_verified:
        activity.record(ActivityKind.EMAIL_VERIFIED, actor, subject=user)
        _tell_staff(user)
    return user


def _move(actor: Actor, user: User, email: str) -> None:
    """Take an address that is known to be this person's, and tell wherever they may look."""
    before = outbox.to(user) if user.is_verified else None  # what nobody proved may be a stranger's
    is_same, user.email_verified_at = user.email == email, clock.now()
    user.move_to(email)
    db.session.flush()
    search.index(user)
    codes.end_all(user.id)
    if is_same:
        return
    if before is not None:
        outbox.post("email_changed", before, {"new_email": user.email})
    activity.record(ActivityKind.EMAIL_CHANGED, actor, subject=user)
    notifications.notify(
        NotificationKind.ACCOUNT, [user.id], event="email_changed", email=user.email, path="/you/password"
    )
    log.info("email_changed", user=str(user.id))
