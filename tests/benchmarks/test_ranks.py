"""The benchmark of training on several ranks: its model on paper, and its page."""

import pytest

from benchmarks import parallel
from benchmarks.parallel import NETWORKS, WAYS, Link, Paper

FREE = Link("free", latency=0.0, bandwidth=float("inf"))
SLOW = Link("slow", latency=1e-3, bandwidth=1e6)


def test_a_network_has_a_weight_for_each_pair_of_units_and_a_bias_for_each() -> None:
    assert [network.parameters for network in NETWORKS] == [23_860, 159_010, 1_796_010]


def test_with_free_communication_ranks_share_gradients_only() -> None:
    paper = Paper(NETWORKS[0], plain=0.9, computing=0.8, rest=0.1)
    assert [paper.seconds(n, FREE) for n in (1, 2, 8)] == pytest.approx([0.9, 0.5, 0.2])


def test_a_link_carries_at_most_twice_the_gradient() -> None:
    assert SLOW.seconds(1, 1000) == 0
    assert SLOW.seconds(2, 1000) == pytest.approx(3e-3 + 4e-3)
    assert SLOW.seconds(1024, 1000) == pytest.approx(30e-3 + 8e-3, rel=1e-2)


def test_the_page_marks_the_best_number_of_ranks() -> None:
    found = {
        way: {"total": 2.0 / way[0], "computing": 1.9 / way[0], "talking": 0.5, "weights": 255.0}
        for way in WAYS
    }
    page = parallel.report(
        {"Load before the run": "0.1"}, [found] * len(NETWORKS), {"word": 1e-5, "joining": 1e-2}
    )
    assert page.count("`000000ff`") == len(WAYS) * len(NETWORKS)
    assert page.count("**") == 2 * 2 * len(NETWORKS)
    assert "| 2 in 2 shards | 6000.00 s | 1e+03 ms | 950 ms | 50% | 2.00× |" in page
