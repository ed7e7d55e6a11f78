from typing import Any

from elearn.api.parsing import FORM
from elearn.api.schemas import Me, ProfileChanges, ProfileForm
from elearn.api.section import Section
from elearn.identity import me
from elearn.models import User
from elearn.services import profiles

bp = Section("users", __name__, description="People, and what they say about themselves.")


@bp.route("/me/")
@bp.response(200, Me, description="Oneself.")
def show_me() -> User:
    """Read one's own profile."""
    return me()


@bp.route("/me/", methods=["PATCH"])
@bp.doc(
    requestBody={
        "content": {
            "application/json": {"schema": ProfileChanges},
            FORM: {"schema": ProfileForm, "encoding": {"photo": {"contentType": "image/jpeg, image/png, image/webp"}}},
        }
    }
)
@bp.arguments(ProfileForm)
@bp.response(200, Me, description="The profile as it is now.")
def edit_me(data: dict[str, Any]) -> User:
    """Change one's own profile; as a form also the photo."""
    return profiles.update(me(), **data)


@bp.route("/me/photo/", methods=["DELETE"])
@bp.response(200, Me, description="The profile as it is now.")
def remove_my_photo() -> User:
    """Show initials instead of the photo; once more changes nothing."""
    return profiles.remove_photo(me())
