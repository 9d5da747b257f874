"""The sample company's programme, beginning now, whenever that is."""

import json
from datetime import datetime, timedelta
from typing import Any

from deploy.sample.generate import FOLDER


def programme_request(now: datetime) -> dict[str, Any]:
    """The body of `POST /v1/programmes` for a programme whose enrolment opens now.

    Args:
        now: The present instant, with its time zone.
    """
    plan = json.loads((FOLDER / "programme.json").read_text())
    closes_at = now + timedelta(days=plan["enrolment_days"])
    starts_on = closes_at.date() + timedelta(days=plan["days_until_start"])
    ends_on = starts_on + timedelta(days=plan["length_days"])
    return {
        "name": plan["name"],
        "enrolment_opens_at": now.isoformat(),
        "enrolment_closes_at": closes_at.isoformat(),
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "policies": plan["policies"],
    }
