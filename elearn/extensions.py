"""The extensions, unbound; `create_app` binds them."""

from flask import current_app
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_mail import Mail
from flask_migrate import Migrate
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from huey import Huey
from huey.storage import MemoryStorage
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from config import Settings
from elearn.networks import network_of

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Give every table one naming convention, so that migrations can name what they change on both databases."""

    metadata = MetaData(naming_convention=NAMING)


def _person_or_address() -> str:
    """Give each person a budget of requests; a whole school may share one address."""
    return str(current_user.id) if current_user.is_authenticated else network_of(get_remote_address())


def current_settings() -> Settings:
    """Return the settings of the application that we run in."""
    settings: Settings = current_app.extensions["settings"]
    return settings


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
mail = Mail()
socketio = SocketIO()
limiter = Limiter(key_func=_person_or_address)
jwt = JWTManager()
# Its storage is chosen by the settings; see elearn/jobs/__init__.py.
huey = Huey("elearn", storage_class=MemoryStorage)
