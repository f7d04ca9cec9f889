"""The probe, asked through the API."""

from typing import Any

from tests.support.stack import Stack, wait_for


def held(stack: Stack, run_id: str) -> None:
    wait_for(lambda: stack.run(run_id)["holding"], 30, "the step is held")


def probe(stack: Stack, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.client.get(f"/api/runs/{run_id}/probe").raise_for_status().json()
    return found


def reads(found: dict[str, Any]) -> dict[str, Any]:
    return {read["row"]: read for read in found["reads"]}
