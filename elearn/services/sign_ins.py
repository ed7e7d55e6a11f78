"""Sessions and devices: which are open, when they were last used, and ending them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select, update

from elearn import clock
from elearn.errors import NotFound, Unauthenticated
from elearn.extensions import db
from elearn.integrations import revocation
from elearn.languages import _
from elearn.models import ActivityKind, SignIn, SignInKind, User, uuid7
from elearn.permissions import Action, Actor, require
from elearn.services import accounts, activity
from elearn.services.paging import Page, paginate
from elearn.transaction import transactional

log = structlog.get_logger(__name__)

TOUCH_EVERY = timedelta(minutes=5)

# The first that is found in the user agent: browsers name their ancestors too.
BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Opera", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"), ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("Chromium", "Chromium"), ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
    ("curl", "curl"), ("python-requests", "Python"), ("python-httpx", "Python"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Macintosh", "Mac"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
PHONES = {"iPhone", "iPad", "Android"}


@dataclass(frozen=True)
class OpenDevice:
    """Show one sign-in to its owner."""

    id: UUID
    kind: SignInKind
    device: str
    is_phone: bool
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


def _first_of(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if re.search(rf"\b{sign}", user_agent)), "")


def device_name(user_agent: str) -> str:
    """Name browser and system, as far as the user agent tells: `Firefox on Windows`."""
    browser, system = _first_of(BROWSERS, user_agent), _first_of(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")


def _open_of(user_id: UUID | None) -> ColumnElement[bool]:
    return (SignIn.user_id == user_id) & SignIn.ended_at.is_(None) & (SignIn.expires_at > clock.now())


# Seeing


def list_for(actor: User, *, page: int = 1, per_page: int = 20) -> Page[OpenDevice]:
    """Return where one is signed in: this device, then the latest used first."""
    require(actor, Action.EDIT_PROFILE, actor)
    return _list(actor.id, actor.sign_in_id, page, per_page)


def list_of(actor: Actor, user_id: UUID, *, page: int = 1, per_page: int = 20) -> Page[OpenDevice]:
    """Return where somebody is signed in, for those who oversee people."""
    require(actor, Action.OVERSEE_PEOPLE)
    return _list(user_id, actor.sign_in_id if isinstance(actor, User) else None, page, per_page)


def _list(user_id: UUID, current: UUID | None, page: int, per_page: int) -> Page[OpenDevice]:
    query = (
        select(SignIn)
        .where(_open_of(user_id))
        .order_by((SignIn.id == current).desc(), SignIn.last_seen_at.desc(), SignIn.id.desc())
    )
    return paginate(query, page=page, per_page=per_page, make=lambda opened: _device(opened, current))


def _device(opened: SignIn, current: UUID | None) -> OpenDevice:
    return OpenDevice(
        id=opened.id,
        kind=opened.kind,
        device=device_name(opened.user_agent),
        is_phone=_first_of(SYSTEMS, opened.user_agent) in PHONES,
        address=opened.address,
        created_at=opened.created_at,
        last_seen_at=opened.last_seen_at,
        expires_at=opened.expires_at,
        is_current=opened.id == current,
    )


# Using


def touch(user: User) -> None:
    """Note that this device is used, at most every five minutes."""
    if user.sign_in_id is not None and user.seen_at is not None and clock.now() - user.seen_at > TOUCH_EVERY:
        _touch(user.sign_in_id, user.address)


@transactional
def _touch(sign_in_id: UUID, address: str) -> None:
    now = clock.now()
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.last_seen_at < now - TOUCH_EVERY)
        .values(last_seen_at=now, address=address[:45])
        .execution_options(synchronize_session=False)
    )


@transactional
def renew(user: User) -> SignIn:
    """Give this device a new sign-in in place of the one that it came with: copies of its cookie or tokens are dead."""
    old = db.session.get(SignIn, user.sign_in_id, with_for_update=True)
    if old is None or not old.is_open(clock.now()):
        raise Unauthenticated(accounts.ENDED, code="ended")
    new = SignIn(
        user_id=old.user_id,
        kind=old.kind,
        user_agent=old.user_agent,
        address=old.address,
        created_at=old.created_at,
        expires_at=old.expires_at,
        refresh_id=str(uuid7()) if old.refresh_id else None,
    )
    old.ended_at = clock.now()
    db.session.add(new)
    revocation.recheck_person(user.id)
    return new


# Ending


@transactional
def end(actor: User, sign_in_id: UUID) -> None:
    """End one of one's own devices; raises `NotFound` when it is not open, or not theirs."""
    require(actor, Action.EDIT_PROFILE, actor)
    _end(actor, actor, sign_in_id)


def _end(actor: Actor, user: User, sign_in_id: UUID) -> None:
    opened = db.session.scalar(select(SignIn).where(SignIn.id == sign_in_id, _open_of(user.id)))
    if opened is None:
        raise NotFound(_("This device is not signed in any more."))
    accounts.end_sign_ins(SignIn.id == opened.id)
    activity.record(ActivityKind.SIGNED_OUT, actor, subject=user, device=device_name(opened.user_agent))
    revocation.recheck_person(user.id)


@transactional
def end_others(actor: User) -> None:
    """End all of one's own devices but this one."""
    require(actor, Action.EDIT_PROFILE, actor)
    accounts.end_sign_ins(SignIn.user_id == actor.id, SignIn.id != actor.sign_in_id)
    activity.record(ActivityKind.SIGNED_OUT, actor, subject=actor, devices="others")
    revocation.recheck_person(actor.id)


@transactional
def end_all_of(actor: Actor, user_id: UUID) -> User:
    """End all devices of somebody else, as when a phone was lost."""
    user = _other(actor, user_id)
    accounts.end_sign_ins(SignIn.user_id == user.id)
    activity.record(ActivityKind.SIGNED_OUT, actor, subject=user, devices="all")
    log.info("signed_out_by_somebody", user=str(user.id))
    revocation.recheck_person(user.id)
    return user


@activity.leaves_trace
@transactional
def end_of(actor: Actor, user_id: UUID, sign_in_id: UUID) -> User:
    """End one device of somebody else; raises `NotFound` when it is not open, or not theirs."""
    user = _other(actor, user_id)
    _end(actor, user, sign_in_id)
    return user


def _other(actor: Actor, user_id: UUID) -> User:
    """Return the locked row of somebody whom the actor may change."""
    user = db.session.get(User, user_id, with_for_update=True)
    require(actor, Action.OVERSEE_PEOPLE)
    if user is None or user.deleted_at is not None:
        raise NotFound(_("This person is not here any more."))
    require(actor, Action.CHANGE_PERSON, user)
    return user
