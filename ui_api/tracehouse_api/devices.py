"""Devices: the machines that telemetry comes from."""

from __future__ import annotations

from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, text


def newest_devices(
    rows: Store, filters: Filters, after: tuple[int, str] | None, count: int
) -> list[dict[str, Any]]:
    """The next devices, the last heard of first. Host and version are of the latest request that
    said them, whichever program sent it."""
    parameters: dict[str, Any] = {**filters.parameters, "count": count}
    having = ""
    if after is not None:
        having = "HAVING (last_ns, machine) < ({after_ns:Int64}, {after_machine:String})"
        parameters |= {"after_ns": after[0], "after_machine": after[1]}
    return rows.rows(
        rows.select(
            "machine, toUnixTimestamp64Nano(min(first_time)) AS first_ns,"
            " toUnixTimestamp64Nano(max(last.time)) AS last_ns,"
            " argMaxIf(last.host, last.time, last.host != '') AS host,"
            " argMaxIf(last.agent_version, last.time, last.agent_version != '') AS agent_version,"
            " arraySort(groupUniqArray(toString(signal))) AS kinds,"
            " arraySort(groupUniqArrayIf(toString(service), service != '')) AS services,"
            " arraySort(groupUniqArray(toString(project))) AS projects",
            "devices",
            filters.where,
            f"GROUP BY machine {having} ORDER BY last_ns DESC, machine DESC LIMIT {{count:UInt32}}",
        ),
        parameters,
    )


def device_json(row: dict[str, Any]) -> dict[str, Any]:
    """A device as the API shows it."""
    return {
        "machine": text(row["machine"]),
        "host": text(row["host"]) or None,
        "agent_version": text(row["agent_version"]) or None,
        "first_sync": iso_time(row["first_ns"]),
        "last_sync": iso_time(row["last_ns"]),
        **{
            several: [text(one) for one in row[several]]
            for several in ("kinds", "services", "projects")
        },
    }
