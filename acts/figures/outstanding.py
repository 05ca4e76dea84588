"""Outstanding: what would decide the claims that a configuration leaves open, as a table."""

import pandas as pd

from acts.figures.table import Table, number, unmeasured

_HEADINGS = {
    "claim": "Claim",
    "part": "Part",
    "where": "Contrast that keeps it open",
    "pairs": "Pairs here",
    "needed": "Pairs it would need",
}


def outstanding(found: pd.DataFrame) -> Table:
    """Return the contrasts that keep claims open, with the pairs there are and the pairs that would decide them."""
    if found.empty:
        return unmeasured("nothing is left open", _HEADINGS)
    rows = [
        {
            "claim": f"[{row['claim']}](#claim-{row['claim']})",
            "part": row["part"],
            "where": row["where"] if pd.notna(row["where"]) else row["why"],
            "pairs": f"{row['pairs']} {row['replicate']}" if pd.notna(row["pairs"]) else "",
            "needed": _needed(row),
        }
        for row in found.to_dict("records")
    ]
    return Table(pd.DataFrame(rows), _HEADINGS, markdown=("claim",))


def _needed(row: dict) -> str:
    if pd.notna(row["needed"]):
        return f"{number(float(row['needed']))} {row['replicate']}"
    return str(row["why"]) if pd.notna(row["pairs"]) else ""
