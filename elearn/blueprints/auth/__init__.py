"""Getting in and out: sign in, register, prove an address, set a forgotten password anew, sign out."""

from elearn.blueprints.auth import forgetting, registering
from elearn.blueprints.auth.routes import bp

__all__ = ["bp", "forgetting", "registering"]
