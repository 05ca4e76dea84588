"""One computed fact on its way into the records."""

from typing import Any

Row = dict[str, Any]


def row(metric: str, value: Any, **where: Any) -> Row:
    """Return a fact as the columns of records that it fills; the value becomes a float."""
    return {"metric": metric, "value": float(value), **where}
