#!/usr/bin/env python3
"""Matches the shared lists of bank transfers with Splink on DuckDB: the peer of `moneytrail-bench reconcile`.

usage: python reconcile_splink.py SHARED [--its-own-clusters]     (prints precision, recall, F1 and seconds as one line of JSON)

The same comparisons with the same levels, the same passes of blocking, u by random sampling, m by expectation-maximisation under
two of the passes, nothing fitted to the truth. What Splink lacks is left out: the rarity of a memo's beginning (it has that
of a whole memo), and posteriors that know that an order has one partner. Its clustering by single best links is run with
--its-own-clusters alone: on these lists it filled 54 GB of disk in nine minutes and did not end. Without it, `seconds` are those until
all pairs have their probability, `clustered` those until its connected components are there as well, which are not one to one; one-to-one is taken
greedily by this script, untimed. Reading the lists is not timed, as it is not
on our side.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as level
import splink.comparison_library as comparison
from splink import DuckDBAPI, Linker, SettingsCreator

DELAY = "date_diff('day', day_l, day_r)"
GAP = "abs(amount_l - amount_r)"
LARGER = "greatest(amount_l, amount_r)"
WINDOW = "r.day - l.day between -{0} and {0}"
NEAR = "abs(l.amount - r.amount) * 100 <= {0} * greatest(l.amount, r.amount)"
# Keys of equality beside the windows, so that a pass is a join by hash and not of everything with everything.
PASSES = {
    "amount": f"l.amount = r.amount and {WINDOW.format(30)}",
    "near": f"l.bucket = r.bucket and {NEAR.format(3)} and {WINDOW.format(10)}",
    "name": f"l.head = r.head and {NEAR.format(30)} and {WINDOW.format(30)}",
}


def lists(shared: Path) -> tuple[Any, Any]:
    """The two lists, amounts in cents, with the keys of blocking; the received side once for each neighbouring bucket."""
    def table(name: str) -> Any:
        path = shared / "data" / "reconcile" / f"{name}.csv"
        return duckdb.sql(f"""
            select row as unique_id, transaction_date as day, cast(round(amount * 100) as bigint) as amount,
                   lower(trim(regexp_replace(memo, '\\s+', ' ', 'g'))) as memo, substr(lower(trim(memo)), 1, 4) as head,
                   cast(floor(ln(greatest(amount, 0.01)) / ln(1.06)) as bigint) as bucket
            from read_csv('{path}', all_varchar = false)
        """).to_arrow_table()
    return table("origin"), table("destination")


def settings() -> SettingsCreator:
    """The model of `moneytrail_analysis::reconcile`, as far as Splink has it."""
    amount = comparison.CustomComparison(output_column_name="amount", comparison_levels=[
        level.NullLevel("amount"),
        level.ExactMatchLevel("amount", term_frequency_adjustments=True),
        *[level.CustomLevel(f"{GAP} * 100 <= {percent} * {LARGER}", f"within {percent} %") for percent in (1, 3, 10, 30)],
        level.ElseLevel(),
    ])
    delay = comparison.CustomComparison(output_column_name="day", comparison_levels=[
        level.NullLevel("day"),
        level.CustomLevel(f"{DELAY} < 0", "before"),
        *[level.CustomLevel(f"{DELAY} <= {days}", f"within {days} days") for days in (0, 1, 4, 10, 30)],
        level.ElseLevel(),
    ])
    words = [f"split_part(memo_l, ' ', {nth}) = split_part(memo_r, ' ', {nth})" for nth in (1, 2)]
    memo = comparison.CustomComparison(output_column_name="memo", comparison_levels=[
        level.NullLevel("memo"),
        level.ExactMatchLevel("memo", term_frequency_adjustments=True),
        level.CustomLevel("starts_with(memo_l, memo_r) or starts_with(memo_r, memo_l)", "begins the other"),
        level.CustomLevel(" and ".join(words), "two words in common"),
        level.CustomLevel(words[0], "a word in common"),
        level.ElseLevel(),
    ])
    near = [f"l.bucket {shift} = r.bucket and {NEAR.format(3)} and {WINDOW.format(10)}" for shift in ("- 1", "+ 1")]
    return SettingsCreator(link_type="link_only", comparisons=[amount, delay, memo],
                           blocking_rules_to_generate_predictions=[*PASSES.values(), *near])


def matched(tables: tuple[Any, Any], with_its_own_clusters: bool) -> tuple[set[tuple[str, str]], float, float]:
    """The pairs that Splink holds to be one order, one to one, the seconds that it took, and those until it had clusters as well."""
    start = time.perf_counter()
    api = DuckDBAPI()
    sides = [api.register(table, dataset_display_name=name) for table, name in zip(tables, ("a_origin", "b_destination"))]
    linker = Linker(sides, settings(), log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([PASSES["amount"]], recall=0.4)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    # Splink leaves out of an estimation every column that its rule names, so these rules name one each.
    for rule in ("l.amount = r.amount", "l.memo = r.memo"):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=1e7)
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    if with_its_own_clusters:
        clusters = linker.clustering.cluster_using_single_best_links(
            predicted, duplicate_free_datasets=["a_origin", "b_destination"], threshold_match_probability=0.5)
        members: dict[str, list[str]] = {}
        for row in clusters.as_record_list():
            members.setdefault(row["cluster_id"], []).append(row["unique_id"])
        seconds = time.perf_counter() - start
        pairs = (sorted(of, key=lambda row: row[0], reverse=True) for of in members.values() if len(of) == 2)
        return {(sent, received) for sent, received in pairs}, seconds, seconds
    rows = predicted.as_record_list()
    seconds = time.perf_counter() - start
    linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.5).as_record_list()
    clustered = time.perf_counter() - start
    rows.sort(key=lambda row: (-row["match_probability"], row["unique_id_l"], row["unique_id_r"]))
    taken: set[str] = set()
    found: set[tuple[str, str]] = set()
    for row in rows:
        pair = sorted((row["unique_id_l"], row["unique_id_r"]), key=lambda row: row[0], reverse=True)
        if not taken.intersection(pair):
            taken.update(pair)
            found.add((pair[0], pair[1]))
    return found, seconds, clustered


def main() -> None:
    """Matches and counts."""
    shared = Path(sys.argv[1])
    logging.disable(logging.WARNING)
    tables = lists(shared)
    found, seconds, clustered = matched(tables, "--its-own-clusters" in sys.argv[2:])
    lines = (shared / "data" / "reconcile" / "truth.csv").read_text().splitlines()[1:]
    truth = {tuple(line.split(",")) for line in lines}
    right = len(found & truth)
    print(json.dumps({"precision": right / max(len(found), 1), "recall": right / len(truth),
                      "f1": 2 * right / (len(found) + len(truth)), "pairs": len(found), "seconds": seconds, "clustered": clustered}))


if __name__ == "__main__":
    main()
