"""AU-02: one-time codes on both databases: five tries, also of fifty at once; used once; ten minutes; one account."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask

from elearn import clock
from elearn.errors import DomainError, RateLimited
from elearn.extensions import db
from elearn.integrations import code_hashes, vault
from elearn.models import Activity, ActivityKind, Code, CodePurpose, Email, EmailState, SignInKind, User
from elearn.services import accounts, codes, credentials
from elearn.services.accounts import Device
from elearn.services.codes import Account
from tests import make
from tests.people import People

pytestmark = pytest.mark.usefixtures("school_database")
NEW_PASSWORD = "a quite different phrase"
Traveller = time_machine.Traveller


@pytest.fixture
def traveller() -> Iterator[Traveller]:
    with time_machine.travel(clock.now(), tick=False) as moving:
        yield moving


def letter() -> Email:
    return db.session.scalars(db.select(Email).order_by(Email.created_at.desc(), Email.id.desc())).first()


def code_in_letter() -> str:
    """Read the code that the newest letter brings."""
    email = letter()
    assert email is not None
    assert email.secret is not None
    return str(vault.unseal(email.id, email.secret)["code"])


def other_than(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06}"


@pytest.fixture
def newcomer(app: Flask) -> User:
    """Somebody who has not proved the address."""
    return make.person("newcomer", email_verified_at=None)


def open_code() -> Code:
    db.session.rollback()  # what others have committed meanwhile
    return db.session.scalars(db.select(Code).where(Code.ended_at.is_(None))).one()


def refused(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(DomainError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


def test_a_code_has_six_digits_and_is_stored_hashed(newcomer: User) -> None:
    credentials.send_verification(newcomer)
    code, stored = code_in_letter(), open_code()
    assert len(code) == 6
    assert code.isdecimal()
    assert stored.code_hash == code_hashes.hash_code(stored.id, "verify_email", code)
    assert stored.expires_at - stored.created_at == timedelta(minutes=10)
    columns = (str(getattr(stored, column.key)) for column in Code.__table__.columns if column.key != "id")
    assert code not in " ".join(columns)
    assert code not in str(letter().data)


def test_the_hash_fits_one_row_and_one_purpose(app: Flask) -> None:
    first, second = make.person().id, make.person().id
    stored = code_hashes.hash_code(first, "verify_email", "123456")
    assert code_hashes.fits(stored, first, "verify_email", "123456")
    assert not code_hashes.fits(stored, second, "verify_email", "123456")
    assert not code_hashes.fits(stored, first, "reset_password", "123456")
    assert not code_hashes.fits(stored, first, "verify_email", "123457")


def test_the_right_code_proves_the_address_once(newcomer: User) -> None:
    credentials.send_verification(newcomer)
    code = code_in_letter()
    spaced = f" {code[:3]} {code[3:]} "
    assert credentials.verify_email(newcomer, spaced).is_verified
    assert db.session.scalars(db.select(Code.tries)).one() == 0, "a right guess is no wrong try"
    make.change(newcomer, email_verified_at=None)
    assert refused(credentials.verify_email, newcomer, code) == "wrong_code"


def test_wrong_tries_are_counted_also_when_the_answer_is_no(newcomer: User) -> None:
    credentials.send_verification(newcomer)
    code = code_in_letter()
    for number in range(1, 6):
        assert refused(credentials.verify_email, newcomer, other_than(code, number)) == "wrong_code"
        assert open_code().tries == number
    assert refused(credentials.verify_email, newcomer, code) == "wrong_code", "the right one comes too late"
    assert open_code().tries == 5


@pytest.mark.parametrize(
    "guess",
    [
        "",
        "12345",
        "1234567",
        "abcdef",
        "12345x",
        "\0",
        "None",
        "[]",
        "\u0661\u0662\u0663\u0664\u0665\u0666x",
        "-12345",
        " " * 500,
    ],
)
def test_what_is_no_code_is_not_compared(newcomer: User, guess: str) -> None:
    credentials.send_verification(newcomer)
    assert refused(credentials.verify_email, newcomer, guess) == "invalid"
    assert open_code().tries == 0


def test_a_code_ends_after_ten_minutes(newcomer: User, traveller: Traveller) -> None:
    credentials.send_verification(newcomer)
    code = code_in_letter()
    traveller.shift(timedelta(minutes=10))
    assert refused(credentials.verify_email, newcomer, code) == "wrong_code"


def test_a_code_works_until_its_last_second(newcomer: User, traveller: Traveller) -> None:
    credentials.send_verification(newcomer)
    traveller.shift(timedelta(minutes=9, seconds=59))
    assert credentials.verify_email(newcomer, code_in_letter()).is_verified


def test_a_fresh_code_ends_the_old_one(newcomer: User, traveller: Traveller) -> None:
    credentials.send_verification(newcomer)
    old = code_in_letter()
    traveller.shift(timedelta(minutes=1, seconds=1))
    credentials.send_verification(newcomer)
    fresh = code_in_letter()
    assert old == fresh or refused(credentials.verify_email, newcomer, old) == "wrong_code"
    assert credentials.verify_email(newcomer, fresh).is_verified


def test_a_code_belongs_to_its_account_and_its_purpose(newcomer: User, school: People) -> None:
    other = make.person("other", email_verified_at=None)
    credentials.send_verification(newcomer)
    code = code_in_letter()
    assert refused(credentials.verify_email, other, code) == "wrong_code"
    assert refused(credentials.change_email, newcomer, code) == "wrong_code"
    reset = {"code": code, "password": NEW_PASSWORD, "address": ""}
    assert refused(credentials.reset_password, email=newcomer.email, **reset) == "wrong_code"
    assert open_code().tries == 0
    assert credentials.verify_email(newcomer, code).is_verified


def test_one_asks_once_a_minute_and_five_times_an_hour(newcomer: User, traveller: Traveller) -> None:
    started = clock.now()
    for _ in range(5):
        credentials.send_verification(newcomer)
        with pytest.raises(RateLimited) as caught:
            credentials.send_verification(newcomer)
        assert 1 <= caught.value.data["retry_after"] <= 60 or db.session.query(Code).count() == 5
        traveller.shift(timedelta(seconds=61))
    with pytest.raises(RateLimited) as caught:
        credentials.send_verification(newcomer)
    left = timedelta(hours=1) - (clock.now() - started)
    assert abs(caught.value.data["retry_after"] - left.total_seconds()) <= 1
    traveller.move_to(started + timedelta(hours=1, seconds=1))
    credentials.send_verification(newcomer)
    assert db.session.query(Code).count() == 6


def test_ten_wrong_tries_a_day_are_all_there_are(newcomer: User, traveller: Traveller) -> None:
    """T10: a chance of 1 in 100,000 for one account and one day."""
    started, compared = clock.now(), 0
    for _ in range(4):
        credentials.send_verification(newcomer)
        code, row = code_in_letter(), open_code().id
        for number in range(1, 7):
            refused(credentials.verify_email, newcomer, other_than(code, number))
        compared += db.session.get_one(Code, row).tries
        traveller.shift(timedelta(minutes=11))
    assert compared == 10
    credentials.send_verification(newcomer)
    assert refused(credentials.verify_email, newcomer, code_in_letter()) == "wrong_code"
    traveller.move_to(started + timedelta(hours=25))
    credentials.send_verification(newcomer)
    assert credentials.verify_email(newcomer, code_in_letter()).is_verified


def guess_at_once(app: Flask, guesses: list[str], user_id: object) -> list[str]:
    """Try all of these in the same moment; return what each was told."""
    ready = Barrier(len(guesses))

    def attempt(guess: str) -> str:
        with app.app_context():
            user = db.session.get_one(User, user_id)
            db.session.expunge(user)
            db.session.remove()
            ready.wait()
            try:
                credentials.verify_email(user, guess)
            except DomainError as error:
                return error.code
            else:
                return "verified"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(guesses)) as pool:
        return list(pool.map(attempt, guesses))


@pytest.mark.parametrize("earlier", [0, 7])
def test_of_fifty_guesses_at_the_same_moment_five_are_compared(
    app: Flask, newcomer: User, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    """With seven wrong ones before, three: ten a day is the most."""
    if earlier:
        make.save(
            Code(
                purpose=CodePurpose.VERIFY_EMAIL, user_id=newcomer.id, email=newcomer.email, code_hash="x",
                email_key=newcomer.email_key, tries=earlier, expires_at=clock.now(), ended_at=clock.now(),
                created_at=clock.now() - timedelta(hours=2),
            )
        )  # fmt: skip
    credentials.send_verification(newcomer)
    code = code_in_letter()
    compared: list[str] = []
    fits = code_hashes.fits

    def counting(stored: str, row: object, purpose: str, guess: str) -> bool:
        compared.append(guess)
        return fits(stored, row, purpose, guess)  # type: ignore[arg-type]

    monkeypatch.setattr(codes.code_hashes, "fits", counting)
    guesses = [other_than(code, number) for number in range(1, 51)]
    assert set(guess_at_once(app, guesses, newcomer.id)) == {"wrong_code"}
    most = min(5, 10 - earlier)
    assert len(compared) == most
    assert open_code().tries == most


def test_the_right_code_fifty_times_at_once_is_used_once(app: Flask, newcomer: User) -> None:
    credentials.send_verification(newcomer)
    told = guess_at_once(app, [code_in_letter()] * 50, newcomer.id)
    assert told.count("verified") == 1


def test_of_fifty_guesses_at_a_reset_at_the_same_moment_five_are_compared(
    app: Flask, newcomer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.change(newcomer, email_verified_at=clock.now())
    before, email = newcomer.password_hash, newcomer.email
    credentials.ask_for_reset(email, "192.0.2.9")
    code, ready, compared = code_in_letter(), Barrier(50), list[str]()
    fits = code_hashes.fits

    def counting(stored: str, row: object, purpose: str, guess: str) -> bool:
        compared.append(guess)
        return fits(stored, row, purpose, guess)  # type: ignore[arg-type]

    def attempt(number: int) -> str:
        guess = {"email": email, "code": other_than(code, number), "password": NEW_PASSWORD}
        with app.app_context():
            ready.wait()
            try:
                credentials.reset_password(**guess, address=f"192.0.2.{number}")
            except DomainError as error:
                return error.code
            else:
                return "done"
            finally:
                db.session.remove()

    monkeypatch.setattr(codes.code_hashes, "fits", counting)
    db.session.rollback()
    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(attempt, range(1, 51))) == {"wrong_code"}
    assert len(compared) == 5
    assert db.session.get_one(User, newcomer.id, populate_existing=True).password_hash == before
    late = {"email": email, "code": code, "password": NEW_PASSWORD, "address": "192.0.2.9"}
    assert refused(credentials.reset_password, **late) == "wrong_code", "the right one comes too late"


def test_one_address_gets_ten_letters_a_day_whoever_types_it(app: Flask, traveller: Traveller) -> None:
    for number in range(12):
        user = make.person(f"typed{number}", email="same@school.example", email_verified_at=None)
        credentials.send_verification(user)
    states = db.session.scalars(db.select(Email.state)).all()
    assert (states.count(EmailState.WAITING), states.count(EmailState.DROPPED)) == (10, 2)


def test_an_account_of_an_unknown_address_never_fits(app: Flask) -> None:
    credentials.ask_for_reset("nobody@school.example", "127.0.0.1")
    row = open_code()
    assert (row.user_id, letter().state) == (None, EmailState.DROPPED)
    account = Account(CodePurpose.RESET_PASSWORD, email_key=row.email_key)
    for code in ("000000", "123456"):
        assert refused(codes.check, account, code) == "wrong_code"
    assert open_code().tries == 2


def test_of_ten_right_codes_at_the_same_moment_one_sets_a_password(app: Flask, newcomer: User) -> None:
    make.change(newcomer, email_verified_at=clock.now())
    credentials.ask_for_reset(newcomer.email, "192.0.2.9")
    code, email, ready = code_in_letter(), newcomer.email, Barrier(10)
    before = make.sign_in(newcomer).id

    def attempt(number: int) -> str:
        with app.app_context():
            ready.wait()
            try:
                credentials.reset_password(
                    email=email, code=code, password=f"{NEW_PASSWORD} {number}", address="192.0.2.9"
                )
            except DomainError as error:
                return error.code
            else:
                return str(number)
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(10) as pool:
        ends = list(pool.map(attempt, range(10)))
    done = [end for end in ends if end != "wrong_code"]
    assert len(done) == 1, ends
    db.session.rollback()
    assert db.session.query(Activity).filter_by(kind=ActivityKind.PASSWORD_RESET).count() == 1
    assert db.session.query(Email).filter_by(letter="password_changed").count() == 1
    assert accounts.by_sign_in(before) is None
    device = Device(SignInKind.BROWSER, "192.0.2.9")
    accounts.sign_in(login=email, password=f"{NEW_PASSWORD} {done[0]}", device=device)
