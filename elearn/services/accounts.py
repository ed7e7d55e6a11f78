"""Getting in and out: registration, and signing in on each device."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from elearn import clock
from elearn.errors import Conflict, Forbidden, Invalid, Unauthenticated
from elearn.extensions import current_settings, db
from elearn.integrations import passwords, rate_limits, revocation
from elearn.languages import _, language, lazy
from elearn.models import ActivityKind, CodePurpose, Role, SignIn, SignInKind, User, fold, uuid7
from elearn.networks import network_of
from elearn.permissions import Actor
from elearn.services import activity, codes, guesses, search
from elearn.transaction import taken_means, transactional

log = structlog.get_logger(__name__)

# Joiners within a word, neither at its ends nor two in a row.
JOINER = re.compile(r"(?<=[^\s\u200c\u200d])[\u200c\u200d](?=[^\s\u200c\u200d])")
USERNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{1,28})[A-Za-z0-9]")
PASSWORD_MIN, PASSWORD_MAX = 10, 200
NAME_MAX = 100
TYPED = 2  # accounts that have typed an address without proving it, and may come in by it
OPEN_ROLES = frozenset({Role.STUDENT, Role.TEACHER})
WRONG = lazy("The name or the password is not right.")

ENDED = lazy("This sign-in has ended. Sign in again.")
INVITED_ONLY = lazy("This school is by invitation. Ask your teacher or the school for one.")

USERNAME_TAKEN = lazy("This username is taken. Choose another")
EMAIL_TAKEN = lazy("There is an account with this address. Sign in instead")


@dataclass(frozen=True)
class Device:
    """Describe what somebody signs in with."""

    kind: SignInKind
    address: str = ""
    user_agent: str = ""


# Checks of single values: each returns the clean value or raises `Invalid` with a sentence for its field.


def clean_username(username: str) -> str:
    if not USERNAME.fullmatch(username):
        raise Invalid("invalid", _("Use 3 to 30 letters, numbers, dots or dashes"), field="username")
    return username


def clean_email(email: str) -> str:
    """Return the address in its normal form; test domains such as school.example are addresses too."""
    try:
        found = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid("invalid", _("Write the whole address, such as elif@example.org"), field="email") from error
    if found.smtputf8:
        # Many mail servers take none of these, so the mailer writes to none.
        raise Invalid("invalid", _("Use an address with only a to z, digits and signs before the @"), field="email")
    return found.normalized


def clean_name(full_name: str) -> str:
    """Return the name with single spaces; characters that cannot be seen are refused, but for those inside words.

    Persian names and some pictures are written with joiners.
    """
    name = " ".join(full_name.split())
    if not name or len(name) > NAME_MAX:
        raise Invalid("invalid", _("Write a name of 1 to %(most)s letters", most=NAME_MAX), field="full_name")
    seen = JOINER.sub("", name)
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Cn"} for letter in seen):
        raise Invalid("invalid", _("Leave out characters that cannot be seen"), field="full_name")
    return name


def clean_password(password: str, *personal: str) -> str:
    """Return the password if it is long enough and not just the person's own name."""
    if len(password) < PASSWORD_MIN:
        raise Invalid(
            "invalid",
            _("Use %(least)s characters or more, this has %(count)s", least=PASSWORD_MIN, count=len(password)),
            field="password",
        )
    if any(unicodedata.category(letter) == "Cs" for letter in password):
        raise Invalid("invalid", _("Leave out characters that cannot be seen"), field="password")
    if len(password) > PASSWORD_MAX:
        raise Invalid("invalid", _("Use at most %(most)s characters", most=PASSWORD_MAX), field="password")
    if len(set(password)) < 4 or fold(password) in {fold(word) for word in personal}:  # noqa: PLR2004
        raise Invalid("invalid", _("This is easy to guess. Three or four unrelated words are good"), field="password")
    return password


def _clean_account(**values: str) -> dict[str, str]:
    """Check all fields, and report all that is wrong at once."""
    checks: dict[str, Any] = {"full_name": clean_name, "username": clean_username, "email": clean_email}
    clean: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field, check in checks.items():
        try:
            clean[field] = check(values[field])
        except Invalid as error:
            errors |= error.fields
    try:
        clean_password(values["password"], values["username"], values["email"])
    except Invalid as error:
        errors |= error.fields
    if "username" in clean and _is_taken(clean["username"]):
        errors["username"] = [USERNAME_TAKEN]
    if not errors:
        return clean
    first = next(iter(errors.values()))[0]
    if errors == {"username": [USERNAME_TAKEN]}:
        raise Conflict("taken", first, errors=errors)
    raise Invalid("invalid", first, errors=errors)


def _is_taken(username: str) -> bool:
    """Tell whether somebody has this name; the database has the last word."""
    return db.session.scalar(select(User.id).where(User.username_key == fold(username))) is not None


def is_username_free(username: str) -> bool:
    """Tell whether somebody could register under this name."""
    return bool(USERNAME.fullmatch(username)) and not _is_taken(username)


# Accounts


def is_open_to_all() -> bool:
    """Tell whether people may register without an invitation."""
    return current_settings().registration != "invitation"


def waits_for_approval(role: Role) -> bool:
    """Tell whether somebody who registers with this role is a student until a manager approves."""
    return current_settings().registration == "approval" and role in OPEN_ROLES - {Role.STUDENT}


def register(*, username: str, email: str, password: str, full_name: str, role: Role, address: str = "") -> User:
    """Create an account for whoever asks, as student or teacher, and send a code to the address.

    An address that somebody has proved is no reason to refuse: that would tell who is here. Its owner gets a letter.
    """
    if not is_open_to_all():
        raise Forbidden(INVITED_ONLY, code="invitation_only")
    if role not in OPEN_ROLES:
        raise Invalid("invalid", _("Register as a student or as a teacher"), field="role")
    rate_limits.spend(current_settings().register_limit, "register", network_of(address))
    clean = _clean_account(username=username, email=email, password=password, full_name=full_name)
    password_hash = passwords.hash_password(password)  # slow: before the transaction, never in it
    waits = waits_for_approval(role)
    return _register(
        **clean,
        password_hash=password_hash,
        role=Role.STUDENT if waits else role,
        requested_role=role if waits else None,
        address=address,
    )


@transactional
def _register(*, requested_role: Role | None, address: str, **values: Any) -> User:
    user = insert(**values, requested_role=requested_role, is_verified=False)
    codes.send_proof(CodePurpose.VERIFY_EMAIL, user, user.email)
    wished = (requested_role or user.role).value
    activity.record(ActivityKind.REGISTERED, user, subject=user, address=address, role=wished)
    return user


def add(*, username: str, email: str, password: str, full_name: str, role: Role, actor: Actor = None) -> User:
    """Create an account for somebody whose address is known to be theirs."""
    clean = _clean_account(username=username, email=email, password=password, full_name=full_name)
    password_hash = passwords.hash_password(password)
    return _add(actor, **clean, password_hash=password_hash, role=role)


@transactional
def _add(actor: Actor, **values: Any) -> User:
    user = insert(**values)
    activity.record(ActivityKind.ACCOUNT_CREATED, actor, subject=user, role=user.role.value)
    return user


def insert(
    *,
    username: str,
    email: str,
    full_name: str,
    password_hash: str,
    role: Role,
    requested_role: Role | None = None,
    is_verified: bool = True,
) -> User:
    """Write the row of a new person within the open transaction, from values that were cleaned before."""
    user = User(
        username=username,
        username_key=fold(username),
        email=email,
        email_key=fold(email),
        email_verified_at=clock.now() if is_verified else None,
        full_name=full_name,
        name_key=fold(full_name),
        password_hash=password_hash,
        role=role,
        requested_role=requested_role,
        language=language(),
    )
    with (
        taken_means("username_key", "taken", USERNAME_TAKEN, "username"),
        taken_means("email_key", "taken", EMAIL_TAKEN, "email"),
    ):
        db.session.add(user)
    search.index(user)
    log.info("account_created", user=str(user.id), role=role.value)
    return user


# Signing in and out


def login_key(login: str) -> str:
    """Return the form under which names are looked up; without characters that no database takes as text."""
    return fold(login.strip()).replace("\0", "").encode(errors="ignore").decode()


def sign_in(*, login: str, password: str, device: Device) -> SignIn:
    """Let somebody in by username or email, and remember the device.

    Raises `Unauthenticated` for unknown people and wrong passwords alike, and `Forbidden` for the blocked.
    """
    key = login_key(login)
    rate_limits.spend("100/minute;1000/hour", "sign-in-address", network_of(device.address))
    candidates = _candidates(key)
    account = next((one.id for one in candidates if one), None)
    guess = guesses.spend(account, key, device.address)
    found = next((one for one in candidates if passwords.verify(one.password_hash if one else None, password)), None)
    if found is None or found.is_blocked:
        _note_failure(found.id if found else account, device.address, "blocked" if found else "wrong")
    if found is None:
        raise Unauthenticated(WRONG, code="wrong_credentials")
    if found.is_blocked:
        raise Forbidden(_("This account is blocked. Speak to your school."), code="blocked")
    try:
        opened = _open(found.id, device, found.password_hash)
    except Unauthenticated:
        _note_failure(found.id, device.address, "wrong")
        raise
    guesses.give_back(guess)
    return with_owner(opened)


@dataclass(frozen=True)
class _Candidate:
    """Hold what somebody was when their password was compared; the row may change meanwhile."""

    id: UUID
    password_hash: str
    is_blocked: bool


def _candidates(key: str) -> list[_Candidate | None]:
    """Return whose password is compared, in this order; the number of places tells nothing about who is here.

    A username names one person. An address means whoever proved it; then those who have only typed it, the newest
    first, so that nobody learns by typing somebody's address whether its owner is here.
    """
    found = db.session.scalars(
        select(User)
        .where(or_(User.username_key == key, User.email_key == key), User.deleted_at.is_(None))
        .order_by(User.email_verified_at.is_(None), User.created_at.desc(), User.id.desc())
        .limit(1 + TYPED)
    ).all()
    if "@" not in key:
        return [_candidate(found[0] if found else None)]
    proved = next((user for user in found if user.is_verified), None)
    typed = [user for user in found if not user.is_verified][:TYPED]
    return [_candidate(user) for user in (proved, *typed, *[None] * (TYPED - len(typed)))]


def _candidate(user: User | None) -> _Candidate | None:
    return _Candidate(user.id, user.password_hash, user.is_blocked) if user else None


@transactional
def _note_failure(user_id: UUID | None, address: str, reason: str) -> None:
    log.info("sign_in_refused", address=address)
    known = db.session.scalar(select(User).where(User.id == user_id))
    activity.record(ActivityKind.SIGN_IN_FAILED, None, subject=known, address=address, reason=reason)


def open_for(user: User, device: Device, password_hash: str | None = None) -> SignIn:
    """Sign in somebody who has just shown in another way who they are, while their password is still this one."""
    return with_owner(_open(user.id, device, password_hash or user.password_hash))


@transactional
def _open(user_id: UUID, device: Device, password_hash: str) -> SignIn:
    """Open the sign-in, unless the person was blocked or got a new password since this one was compared."""
    user = db.session.get(User, user_id, with_for_update={"read": True}, populate_existing=True)
    if user is None or user.is_blocked or user.password_hash != password_hash:
        raise Unauthenticated(WRONG, code="wrong_credentials")
    opened = SignIn(
        user_id=user.id,
        kind=device.kind,
        address=device.address[:45],
        user_agent=device.user_agent[:200],
        expires_at=clock.now() + timedelta(days=current_settings().session_days),
        refresh_id=str(uuid7()) if device.kind is SignInKind.API else None,
    )
    db.session.add(opened)
    activity.record(ActivityKind.SIGNED_IN, user, subject=user, address=device.address, by=device.kind.value)
    log.info("signed_in", user=str(user.id), kind=device.kind.value, address=device.address)
    return opened


def with_owner(opened: SignIn) -> SignIn:
    """Put the owner beside the sign-in again: the commit has let go of all that was loaded."""
    owner = db.session.get_one(User, opened.user_id)
    owner.sign_in_id, owner.seen_at, owner.address = opened.id, opened.last_seen_at, opened.address
    set_committed_value(opened, "user", owner)
    return opened


def by_sign_in(sign_in_id: UUID) -> User | None:
    """Return the person whose device this is, unless it was signed out or the person is blocked."""
    row = db.session.execute(
        select(User, SignIn).join(SignIn, SignIn.user_id == User.id).where(SignIn.id == sign_in_id)
    ).first()
    if row is None:
        return None
    user, opened = row
    if not opened.is_open(clock.now()) or user.is_blocked:
        return None
    user.sign_in_id, user.seen_at, user.address = opened.id, opened.last_seen_at, opened.address
    return user


def refresh(sign_in_id: UUID, refresh_id: str) -> SignIn:
    """Exchange a refresh token for the next one.

    One that was used before has been stolen from somebody: the whole sign-in ends, and this raises `Unauthenticated`.
    """
    opened = _rotate(sign_in_id, refresh_id)
    if not opened.is_open(clock.now()):
        raise Unauthenticated(ENDED, code="ended")
    return with_owner(opened)


@transactional
def _rotate(sign_in_id: UUID, refresh_id: str) -> SignIn:
    row = db.session.execute(
        select(SignIn, User).join(User, SignIn.user_id == User.id).where(SignIn.id == sign_in_id).with_for_update()
    ).first()
    if row is None or not row[0].is_open(clock.now()) or row[1].is_blocked:
        raise Unauthenticated(ENDED, code="ended")
    opened, user = row
    if opened.refresh_id != refresh_id:
        # Committed with the answer: raising here would roll the ending back.
        opened.ended_at = clock.now()
        log.warning("refresh_token_reused", user=str(user.id))
        revocation.recheck_person(user.id)
        return opened
    opened.refresh_id, opened.last_seen_at = str(uuid7()), clock.now()
    return opened


@transactional
def sign_out(user: User) -> None:
    """End the device that this person came with."""
    end_sign_ins(SignIn.id == user.sign_in_id)
    activity.record(ActivityKind.SIGNED_OUT, user, subject=user)
    revocation.recheck_person(user.id)


@transactional
def sign_out_everywhere(user: User) -> None:
    """End all devices of this person, this one included."""
    end_sign_ins(SignIn.user_id == user.id)
    activity.record(ActivityKind.SIGNED_OUT, user, subject=user, devices="all")
    revocation.recheck_person(user.id)


def end_sign_ins(*which: Any) -> None:
    """End the open sign-ins that fit, within the open transaction."""
    db.session.execute(update(SignIn).where(*which, SignIn.ended_at.is_(None)).values(ended_at=clock.now()))
