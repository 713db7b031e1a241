"""The bridge's status as Prometheus text, and whether it is ready. Pure."""

from __future__ import annotations

from messages.state import BridgeStatus

_HELP = {
    "kestrel_bridge_up": "1 while messages are kept and acknowledged.",
    "kestrel_bridge_headquarters_up": "1 while Kafka answers.",
    "kestrel_bridge_stored_total": "Messages stored since the store was made.",
    "kestrel_bridge_waiting": "Messages stored and not yet confirmed by Kafka.",
    "kestrel_bridge_quarantined_total": "Messages refused, by reason.",
    "kestrel_bridge_quarantine_emptied_total": "Messages in quarantine of which reason, topic and hash alone are left.",
    "kestrel_bridge_duplicates_total": "Messages that came again.",
    "kestrel_bridge_set_aside_total": "Messages that Kafka cannot take.",
    "kestrel_bridge_thinned_total": "Messages given up for want of room; telemetry only.",
    "kestrel_bridge_disk_free_bytes": "What the store's file system has left.",
    "kestrel_bridge_disk_quota_bytes": "What the store may take; 0: as much as there is.",
    "kestrel_bridge_alerts_open": "Alerts that wait for a decision.",
    "kestrel_bridge_oldest_waiting_seconds": "Age of the oldest message that waits.",
    "kestrel_bridge_stored_per_second": "Rate over the last 10 s.",
    "kestrel_bridge_sent_per_second": "Rate over the last 10 s.",
    "kestrel_bridge_commit_p99_seconds": "99 of 100 of the last 1,000 commits took no longer.",
    "kestrel_bridge_disk_used_bytes": "What the store takes on the disk.",
    "kestrel_bridge_gaps": "Messages that a damaged store lost and no drone has sent again.",
    "kestrel_bridge_encrypted": "1 if the store cannot be read without its key.",
}


def is_ready(status: BridgeStatus | None) -> bool:
    """Whether the bridge does its work: a headquarters that is away does not count against it."""
    return status is not None and status.state == "online"


def prometheus_text(status: BridgeStatus | None) -> str:
    """Every figure of the status, in the text format 0.0.4."""
    lines: list[str] = []

    def say(name: str, value: float, labels: str = "") -> None:
        if name not in said:
            said.add(name)
            kind = "counter" if name.endswith("_total") else "gauge"
            lines.extend((f"# HELP {name} {_HELP[name]}", f"# TYPE {name} {kind}"))
        lines.append(f"{name}{labels} {value:g}")

    said: set[str] = set()
    say("kestrel_bridge_up", float(is_ready(status)))
    if status is None:
        return "\n".join(lines) + "\n"
    if status.headquarters is not None:
        say("kestrel_bridge_headquarters_up", float(status.headquarters.up))
    for kind, count in sorted(status.stored.items()):
        say("kestrel_bridge_stored_total", count, f'{{kind="{kind}"}}')
    for kind in sorted(status.stored):
        say("kestrel_bridge_waiting", status.waiting.get(kind, 0), f'{{kind="{kind}"}}')
    for reason, count in sorted(status.quarantined.items()):
        say("kestrel_bridge_quarantined_total", count, f'{{reason="{reason}"}}')
    for kind, count in sorted(status.thinned.items()):
        say("kestrel_bridge_thinned_total", count, f'{{kind="{kind}"}}')
    say("kestrel_bridge_quarantine_emptied_total", status.quarantine_emptied)
    oldest = status.oldest_waiting_at
    say("kestrel_bridge_duplicates_total", status.duplicates)
    say("kestrel_bridge_set_aside_total", status.set_aside)
    say("kestrel_bridge_alerts_open", status.alerts_open)
    say("kestrel_bridge_oldest_waiting_seconds", (status.at - oldest).total_seconds() if oldest else 0.0)
    say("kestrel_bridge_stored_per_second", status.stored_per_s)
    say("kestrel_bridge_sent_per_second", status.sent_per_s)
    say("kestrel_bridge_commit_p99_seconds", status.commit_p99_ms / 1000)
    say("kestrel_bridge_disk_used_bytes", status.disk_used_bytes)
    say("kestrel_bridge_gaps", status.gaps)
    say("kestrel_bridge_encrypted", float(status.encrypted))
    say("kestrel_bridge_disk_free_bytes", status.disk_free_bytes)
    say("kestrel_bridge_disk_quota_bytes", status.disk_quota_bytes)
    return "\n".join(lines) + "\n"
