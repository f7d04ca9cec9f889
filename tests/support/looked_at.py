"""What pages ask of the databases, and how much of a table that looks at: printed as JSON, for `manage.py shell -c`."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.test import Client

from distviz.services import places

_READS = re.compile(r"\s*(SELECT|WITH|\(SELECT)\b", re.I)
Asked = tuple[str, str, Any]


def statements(path: str) -> list[Asked]:
    """(database, statement, parameters) of one page."""
    found: list[Asked] = []

    def noting(alias: str) -> Any:
        def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            found.append((alias, sql, params))
            return execute(sql, params, many, context)

        return wrapper

    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(noting(alias)))
        answer = Client(headers={"host": "127.0.0.1"}).get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return found


def rows(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """(node, rows that it touched) of a plan that was carried out."""
    touched = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    if "Scan" in plan["Node Type"] and "Relation Name" in plan:
        yield f"{plan['Node Type']} on {plan['Relation Name']}", touched * plan["Actual Loops"]
    for child in plan.get("Plans", []):
        yield from rows(child)


def looked_at(path: str, few: int) -> list[tuple[str, float, str]]:
    """(node, rows, statement) of whatever touches more rows than `few`."""
    found = []
    for alias, sql, params in statements(path):
        if _READS.match(sql):
            [row] = places.ask(alias, "EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
            plan = row["QUERY PLAN"]
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found += [(node, many, sql[:300]) for node, many in rows(plan[0]["Plan"]) if many > few]
    return found


def tell(*paths: str, few: int) -> None:
    """Each page once to fill what is kept, then what it asks."""
    for path in paths:
        statements(path)
    found = {path: {"statements": len(statements(path)), "looked_at": looked_at(path, few)} for path in paths}
    print(json.dumps(found, default=str))
