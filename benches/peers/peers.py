"""The Python peers, each behind the same two commands: `run` computes once, `answer FILE` writes the answer down.

usage: python peers.py PEER INPUTS    (loads, says that it is ready, then obeys standard input)

Answers are arrays that every contender can give: labels of a partition, depths (all bits set: out of reach), earliest
arrivals (-1 for the source, 2^63 - 1: out of reach), rows and their sum.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from inputs import chunks

Array = npt.NDArray[Any]
FAR = np.iinfo(np.uint32).max
NEVER = np.iinfo(np.int64).max


class Peer(Protocol):
    """A program with its inputs loaded."""

    def run(self) -> float | None:
        """Computes the answer once; only this is timed, less the seconds that it says were preparation."""

    def answer(self) -> Array:
        """The last answer."""


class Edges:
    """The transfer graph of a directory."""

    def __init__(self, inputs: Path) -> None:
        facts = json.loads((inputs / "rmat.json").read_text())
        self.n: int = facts["nodes"]
        self.source: int = facts["source"]
        self.tails = np.fromfile(inputs / "from.u32", "<u4")
        self.heads = np.fromfile(inputs / "to.u32", "<u4")
        self.times = np.fromfile(inputs / "time.i64", "<i8")

    def matrix(self) -> Any:
        """Adjacency as scipy's compressed rows; parallel edges are one."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.tails), np.int8)
        return csr_matrix((ones, (self.tails, self.heads)), shape=(self.n, self.n))

    def raphtory(self) -> Any:
        """The same as a Raphtory graph; its times begin at 1."""
        import pyarrow as pa
        from raphtory import Graph

        table = pa.table({"time": self.times + 1, "tail": self.tails.astype("u8"), "head": self.heads.astype("u8")})
        graph = Graph()
        graph.load_edges(table, time="time", src="tail", dst="head")
        return graph


class GraphSense:
    """Entities: `Clustering.process_transactions_arrow` and `get_mapping`."""

    def __init__(self, inputs: Path) -> None:
        import pyarrow as pa

        offsets = np.fromfile(inputs / "offsets.u64", "<u8").astype(np.int32)
        members = np.fromfile(inputs / "members.u32", "<u4")
        self.groups = pa.ListArray.from_arrays(pa.array(offsets), pa.array(members))
        self.n: int = json.loads((inputs / "co_spending.json").read_text())["ids"]

    def run(self) -> None:
        from gs_clustering import Clustering

        clustering = Clustering(max_address_id=self.n - 1)
        clustering.process_transactions_arrow(self.groups)
        self.mapping = clustering.get_mapping()

    def answer(self) -> Array:
        return self.mapping.column(1).to_numpy()


class ScipyComponents:
    """Weak components: `scipy.sparse.csgraph.connected_components`."""

    def __init__(self, inputs: Path) -> None:
        self.matrix = Edges(inputs).matrix()

    def run(self) -> None:
        from scipy.sparse.csgraph import connected_components

        self.labels = connected_components(self.matrix, directed=True, connection="weak")[1]

    def answer(self) -> Array:
        return self.labels.astype("<u4")


class RaphtoryComponents:
    """Weak components: `raphtory.algorithms.weakly_connected_components`."""

    def __init__(self, inputs: Path) -> None:
        self.edges = Edges(inputs)
        self.graph = self.edges.raphtory()

    def run(self) -> None:
        from raphtory.algorithms import weakly_connected_components

        self.state = weakly_connected_components(self.graph)

    def answer(self) -> Array:
        # It knows only nodes with an edge: the others are alone. Labels of its own are made distinct from theirs.
        labels = np.arange(self.edges.n, dtype=np.uint32)
        for node, state in self.state.items():
            labels[int(node.name)] = self.edges.n + next(iter(state.values()))
        return labels


class ScipySearch:
    """Breadth-first search: `scipy.sparse.csgraph.breadth_first_order`; depths follow from its tree."""

    def __init__(self, inputs: Path) -> None:
        self.edges = Edges(inputs)
        self.matrix = self.edges.matrix()

    def run(self) -> None:
        from scipy.sparse.csgraph import breadth_first_order

        self.order, self.parents = breadth_first_order(self.matrix, self.edges.source, directed=True)

    def answer(self) -> Array:
        depths = np.full(self.edges.n, FAR, "<u4")
        depths[self.edges.source] = 0
        for node in self.order[1:].tolist():
            depths[node] = depths[self.parents[node]] + 1
        return depths


class OnePass:
    """Earliest arrival in one pass over transfers ascending in time: the plainest form of the law, in Python."""

    def __init__(self, inputs: Path) -> None:
        self.edges = Edges(inputs)

    def run(self) -> float:
        arrival = [NEVER] * self.edges.n
        arrival[self.edges.source] = -1
        preparation = 0.0
        # As Python's numbers all transfers might not fit the memory.
        for part in chunks(len(self.edges.tails)):
            start = time.perf_counter()
            columns = (self.edges.tails, self.edges.heads, self.edges.times)
            rows = list(zip(*(column[part].tolist() for column in columns)))
            preparation += time.perf_counter() - start
            for tail, head, when in rows:
                if arrival[tail] < when < arrival[head]:
                    arrival[head] = when
        self.arrival = arrival
        return preparation

    def answer(self) -> Array:
        return np.array(self.arrival, "<i8")


class RaphtoryReach:
    """Time-respecting reachability: `raphtory.algorithms.temporally_reachable_nodes`, any number of hops."""

    def __init__(self, inputs: Path) -> None:
        self.edges = Edges(inputs)
        self.graph = self.edges.raphtory()

    def run(self) -> None:
        from raphtory.algorithms import temporally_reachable_nodes

        self.state = temporally_reachable_nodes(self.graph, self.edges.n, 0, [self.edges.source], None)

    def answer(self) -> Array:
        arrival = np.full(self.edges.n, NEVER, "<i8")
        for node, state in self.state.items():
            times = [int(visit["0"]) for visit in state["reachable_nodes"]]
            if times:
                arrival[int(node.name)] = min(times) - 1
        arrival[self.edges.source] = -1
        return arrival


class NetworkxReach:
    """The same with NetworkX: descendants in the time-expanded graph, whose nodes are (account, time)."""

    def __init__(self, inputs: Path) -> None:
        import networkx as nx

        self.edges = Edges(inputs)
        self.graph = nx.DiGraph()
        last: dict[int, tuple[int, int]] = {self.edges.source: (self.edges.source, -1)}
        self.graph.add_node(last[self.edges.source])
        edges = self.edges
        for tail, head, when in zip(edges.tails.tolist(), edges.heads.tolist(), edges.times.tolist()):
            leaving, arriving = last.get(tail), (head, when)
            if leaving is not None:
                self.graph.add_edge(leaving, arriving)
            if head in last:
                self.graph.add_edge(last[head], arriving)
            last[head] = arriving

    def run(self) -> None:
        import networkx as nx

        self.reached = nx.descendants(self.graph, (self.edges.source, -1))

    def answer(self) -> Array:
        arrival = np.full(self.edges.n, NEVER, "<i8")
        for node, when in self.reached:
            arrival[node] = min(arrival[node], when)
        arrival[self.edges.source] = -1
        return arrival


class DuckDb:
    """A transfer list, read and cast into a table."""

    QUERY = """CREATE OR REPLACE TEMP TABLE ledger AS
        SELECT source, target, to_timestamp(time) AS time, amount FROM read_csv('{}', header = true,
        columns = {{'source': 'VARCHAR', 'target': 'VARCHAR', 'time': 'BIGINT', 'amount': 'DECIMAL(18, 2)'}})"""

    def __init__(self, inputs: Path) -> None:
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads = {os.environ['RAYON_NUM_THREADS']}")
        self.query = self.QUERY.format(inputs / "ledger.csv")

    def run(self) -> None:
        self.connection.execute(self.query)

    def answer(self) -> Array:
        n, total = self.connection.execute("SELECT count(*), sum(amount) FROM ledger").fetchall()[0]
        return np.array([n, int(total * 100)], "<u8")


class DuckDbParquet(DuckDb):
    """The same, and written as Parquet under zstd."""

    def __init__(self, inputs: Path) -> None:
        super().__init__(inputs)
        self.copy = f"COPY ledger TO '{inputs / 'duckdb.parquet'}' (FORMAT parquet, COMPRESSION zstd)"

    def run(self) -> None:
        super().run()
        self.connection.execute(self.copy)

    def answer(self) -> Array:
        return super().answer()[:1]


PEERS: dict[str, type[Any]] = {
    "graphsense": GraphSense,
    "scipy-components": ScipyComponents,
    "raphtory-components": RaphtoryComponents,
    "scipy-bfs": ScipySearch,
    "one-pass": OnePass,
    "raphtory-reach": RaphtoryReach,
    "networkx-reach": NetworkxReach,
    "duckdb": DuckDb,
    "duckdb-parquet": DuckDbParquet,
}


def main() -> None:
    """Obeys standard input."""
    # Loaders print progress: standard output belongs to the protocol.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    peer: Peer = PEERS[sys.argv[1]](Path(sys.argv[2]))
    print('{"ready": true}', file=out)
    for line in sys.stdin:
        command, _, path = line.strip().partition(" ")
        if command == "run":
            start = time.perf_counter()
            preparation = peer.run() or 0
            print(json.dumps({"seconds": time.perf_counter() - start - preparation}), file=out)
        else:
            peer.answer().tofile(path)
            print(json.dumps({"written": path}), file=out)


if __name__ == "__main__":
    main()
