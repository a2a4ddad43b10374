"""Moments in scenarios: days before now, negative for days to come, or an ISO 8601 text."""

from datetime import UTC, datetime, timedelta

Moment = float | str


def moment(value: Moment) -> datetime:
    """The moment, to the second, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return (datetime.now(UTC) - timedelta(days=value)).replace(microsecond=0)
