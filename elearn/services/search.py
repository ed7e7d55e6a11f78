"""By which words a person is found: kept beside the person, in the same transaction."""

from sqlalchemy import delete, insert

from elearn.extensions import db
from elearn.models import PersonWord, User


def index(user: User) -> None:
    """Write down the words of this person anew; call it whenever name, username or email change."""
    db.session.flush()
    db.session.execute(delete(PersonWord).where(PersonWord.user_id == user.id))
    if user.deleted_at is None:
        db.session.execute(
            insert(PersonWord), [{"word": word, "user_id": user.id} for word in sorted(user.search_words)]
        )
