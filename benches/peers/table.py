"""The table as Markdown, and the machine that it was measured on.

A ratio stands beside contenders that ran, in turns, on this machine; a quoted figure is another machine's, and has none.
"""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any


def first_value(path: str, name: str) -> str:
    """The first `name : value` line of a file of the kernel."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def said_by(*command: str, cwd: Path) -> str:
    """What a command prints, or nothing."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def memory_available() -> int:
    """Bytes that programs can still take."""
    return int(first_value("/proc/meminfo", "MemAvailable").split()[0]) * 1024


def machine(root: Path) -> dict[str, str]:
    """Processor, cores, memory, kernel, compiler, and the state of the sources."""
    changed = " with changes" if said_by("git", "status", "--porcelain", "--untracked-files=no", cwd=root) else ""
    memory = int(first_value("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    flags = first_value("/proc/cpuinfo", "flags").split()
    return {
        "processor": first_value("/proc/cpuinfo", "model name"),
        "model": first_value("/proc/cpuinfo", "model"),
        "cores": str(os.cpu_count()),
        "sha_ni": "yes" if "sha_ni" in flags else "no",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release().split("-")[0],
        "rustc": said_by("rustc", "--version", cwd=root),
        "commit": said_by("git", "rev-parse", "--short=12", "HEAD", cwd=root) + changed,
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def figure(value: float, unit: str) -> str:
    """Three digits that count; rates in whole thousands."""
    if unit == "rows/s":
        return f"{value / 1e6:.2f} M"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def speed(row: dict[str, Any], other: float) -> str:
    """How many times as fast our best is."""
    ours = [one["value"] for one in row["contenders"] if one["ours"]]
    ratio = max(ours) / other if row["unit"] == "rows/s" else other / min(ours)
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.0f}×"


def markdown(report: list[dict[str, Any]], quoted: dict[str, list[dict[str, Any]]]) -> str:
    """The whole table, under one line for each state of machine and sources."""
    heads: dict[str, list[str]] = {}
    for row in report:
        about, n_runs = row["machine"], max(len(one.get("seconds", [])) for one in row["contenders"])
        head = (
            f"{about['processor']} (model {about['model']}, SHA instructions: {about['sha_ni']}), {about['cores']} "
            f"cores, {about['memory']}, Linux {about['kernel']}; {about['rustc']}; commit {about['commit']}; "
            f"load {about['load']}; median of up to {n_runs} runs, {row['order']}"
        )
        heads.setdefault(head, []).append(row["key"])
    lines = [f"{head} ({', '.join(keys)})." for head, keys in heads.items()]
    lines += [
        "",
        "| work | who | threads | median | least – most | our best against it | answers |",
        "| --- | --- | --: | --: | --: | --: | --- |",
    ]
    for row in report:
        agreed = "agree" if row["agree"] else "**differ**"
        what = f"{row['work']}, {row['unit']}"
        for one in row["contenders"]:
            if "why" in one:
                lines.append(f"| {what} | {one['name']} | {one['threads']} | | | | {one['why']} |")
                what = ""
                continue
            low, high = (figure(edge, row["unit"]) for edge in one["range"])
            ratio = "" if one["ours"] else speed(row, one["value"])
            who = f"**{one['name']}**" if one["ours"] else one["name"]
            lines.append(f"| {what} | {who} | {one['threads']} | {figure(one['value'], row['unit'])} | {low} – {high} "
                         f"| {ratio} | {agreed} |")
            what = ""
        for one in quoted.get(row["key"], []):
            lines.append(f"| | {one['name']} (quoted) | | {figure(one['value'], row['unit'])} | | "
                         f"| not run: {one['why']} |")
    return "\n".join(lines) + "\n"
