from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from elearn.extensions import limiter
from elearn.services import health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@limiter.exempt
def healthz() -> ResponseReturnValue:
    """Answer as long as the process lives."""
    return jsonify(status="ok")


@bp.get("/readyz")
@limiter.exempt
def readyz() -> ResponseReturnValue:
    """Say which of the systems that the school needs are there; 503 without the database."""
    report = health.check()
    return jsonify(report.as_dict()), 200 if report.is_ready else 503
