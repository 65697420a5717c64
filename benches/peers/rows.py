"""The rows of the table: who does which work on which inputs, and in which unit it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inputs import Size, chunks

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Contender:
    """A program and how it is started; threads go to its option or its environment."""

    name: str
    command: list[str]
    threads: int
    is_ours: bool = False


@dataclass(frozen=True)
class Row:
    """One piece of work. `per` turns seconds into the unit: per million, or (negative) a rate."""

    key: str
    work: str
    unit: str
    inputs: Path
    n: int
    contenders: list[Contender]
    dtype: str
    # Answers are compared in this form.
    normal: Callable[[Array], Array] = field(default=lambda answer: answer)
    # A known number of the input, and how the answer tells it.
    fact: tuple[int, Callable[[Array], int]] | None = None

    def holds(self, answer: Array) -> bool:
        """Whether an answer tells the known number."""
        return self.fact is None or self.fact[1](answer) == self.fact[0]

    def value(self, seconds: float) -> float:
        """Seconds in the row's unit."""
        if self.unit == "rows/s":
            return self.n / seconds
        return seconds / (self.n / 1e6) if self.unit == "s per 10⁶ tx" else seconds

    def speed(self, ours: float, other: float) -> float:
        """How many times as fast the first of two values is."""
        return ours / other if self.unit == "rows/s" else other / ours


def partition(labels: Array) -> Array:
    """Labels of a partition as each one's smallest member."""
    smallest = np.empty(int(labels.max()) + 1, np.uint32)
    # Of values that go to one place the last stays: the smallest member's, if members descend.
    for part in reversed(list(chunks(len(labels)))):
        members = np.arange(part.start, part.stop, dtype=np.uint32)
        smallest[labels[part][::-1]] = members[::-1]
    normal = np.empty(len(labels), np.uint32)
    for part in chunks(len(labels)):
        normal[part] = smallest[labels[part]]
    return normal


@dataclass(frozen=True)
class Programs:
    """What was built and installed."""

    bench: Path
    slices: Path
    afforest: Path
    python: Path
    scripts: Path

    def ours(self, kernel: str, inputs: Path, threads: int, name: str = "Moneytrail") -> Contender:
        """A kernel of this project."""
        command = [str(self.bench), "--threads", str(threads), "work", kernel, str(inputs)]
        return Contender(name, command, threads, is_ours=True)

    def peer(self, name: str, peer: str, inputs: Path, threads: int) -> Contender:
        """A peer in Python."""
        return Contender(name, [str(self.python), str(self.scripts / "peers.py"), peer, str(inputs)], threads)


def facts(path: Path) -> dict[str, int]:
    """What the inputs say of themselves."""
    read: dict[str, int] = json.loads(path.read_text())
    return read


def rows(size: Size, inputs: Path, run: Programs) -> list[Row]:
    """All rows, in the order of the table; inputs must be there."""
    return [
        *(block_rows(inputs, run) if size.block_rounds else []),
        *graph_rows(size, inputs, run),
        *(ledger_rows(inputs, run) if size.ledger_rows else []),
    ]


def block_rows(inputs: Path, run: Programs) -> list[Row]:
    """Block files, to ids and to rows."""
    blocks, n_tx, per_tx = inputs / "blocks", facts(inputs / "blocks.json")["transactions"], "s per 10⁶ tx"
    slices = [Contender("bitcoin_slices 0.13.0", [str(run.slices), str(blocks), str(n)], n) for n in (1, 2)]
    return [
        Row("txids", "parse + txid", per_tx, inputs, n_tx, [
            *(run.ours("txids", inputs, n) for n in (1, 2)), *slices], "V32"),
        Row("blocks", "block files → rows (checks, accounts, values)", per_tx, inputs, n_tx, [
            *(run.ours("block-rows", inputs, n) for n in (1, 2))], "<u8"),
        Row("blocks-parquet", "block files → segment (Parquet, hashed, synced)", per_tx, inputs, n_tx, [
            run.ours("block-segment", inputs, 2)], "<u8"),
    ]


def graph_rows(size: Size, inputs: Path, run: Programs) -> list[Row]:
    """Partitions, searches and arrival in time."""
    edges, spent = (facts(inputs / f"{name}.json") for name in ("rmat", "co_spending"))
    all_edges = edges["edges"]
    threads = (2,) if size.is_crowded else (1, 2)
    # Raphtory does not finish within minutes on all of them, and NetworkX not within the memory.
    parts = [(inputs / f"first-{n}", n) for n in size.prefixes]
    return [
        Row("entities", f"multi-input entities, {spent['transactions']:,} tx, {spent['inputs']:,} inputs, "
            f"{spent['ids']:,} ids", "s", inputs, spent["inputs"], [
            *(run.ours("entities", inputs, n) for n in threads),
            *(run.peer("graphsense-clustering 0.2.0, with mapping", "graphsense", inputs, n) for n in threads)],
            "<u4", partition),
        Row("components", f"weak components, R-MAT {all_edges:,} edges", "s", inputs, all_edges, [
            *(run.ours("components", inputs, n, "Moneytrail, list of edges") for n in threads),
            *(run.ours("components-projected", inputs, n, "Moneytrail, neighbours projected") for n in threads),
            *(Contender("graph 0.3.1 (Neo4j Labs), Afforest", [str(run.afforest), str(inputs), str(n)], n)
              for n in threads),
            run.peer("SciPy 1.17.1", "scipy-components", inputs, 1),
            run.peer("Raphtory 0.17.0", "raphtory-components", inputs, 2)], "<u4", partition,
            (577_361, lambda labels: len(np.unique(labels))) if size.name == "full" else None),
        Row("bfs", f"BFS, R-MAT {all_edges:,} edges", "s", inputs, all_edges, [
            run.ours("bfs", inputs, 2, "Moneytrail, neighbours projected"),
            # A case of this many transfers is what growth.py builds.
            *([] if size.is_crowded else [run.ours("bfs-index", inputs, 2, "Moneytrail, over the index")]),
            run.peer("SciPy 1.17.1", "scipy-bfs", inputs, 1)], "<u4",
            fact=(372_135, lambda depths: int((depths < 2**32 - 1).sum())) if size.name == "full" else None),
        Row("projection", f"neighbours of R-MAT {all_edges:,} edges, both directions", "s", inputs, all_edges, [
            run.ours("projection", inputs, 2)], "<u8"),
        Row("arrival", f"earliest arrival, {all_edges:,} transfers", "s", inputs, all_edges, [
            run.ours("arrival", inputs, 1), run.peer("one pass in Python", "one-pass", inputs, 1)], "<i8"),
        *(Row(f"arrival-{n}", f"earliest arrival, first {n:,} transfers", "s", part, n, [
            run.ours("arrival", part, 1),
            run.peer("Raphtory 0.17.0", "raphtory-reach", part, 2),
            run.peer("NetworkX 3.6.1, time-expanded", "networkx-reach", part, 1)], "<i8") for part, n in parts),
    ]


def ledger_rows(inputs: Path, run: Programs) -> list[Row]:
    """A transfer list, to rows and to a segment."""
    n = facts(inputs / "ledger.json")["rows"]
    return [
        Row("ledger", f"CSV ledger, {n:,} rows → rows in memory", "rows/s", inputs, n, [
            run.ours("ledger-rows", inputs, 2), run.peer("DuckDB 2.0.0, table", "duckdb", inputs, 2)], "<u8"),
        Row("ledger-parquet", f"CSV ledger, {n:,} rows → segment", "rows/s", inputs, n, [
            run.ours("ledger-segment", inputs, 2),
            run.peer("DuckDB 2.0.0, table and Parquet", "duckdb-parquet", inputs, 2)], "<u8"),
    ]
