"""Batches, splits, one-hot rows and standardised columns, against their definitions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn import DataError, batches, one_hot, standardize, train_test_split
from nn.data import Standardizer, class_numbers

# --- batches -------------------------------------------------------------------------------------


@given(n=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 99))
def test_an_epoch_holds_every_example_once_with_its_own_label(n: int, size: int, seed: int) -> None:
    x = np.arange(n, dtype=np.float32)[:, None] * [1, 10]
    epoch = list(batches(x, np.arange(n), size=size, rng=seed))
    labels = np.concatenate([y for _, y in epoch])
    assert sorted(labels.tolist()) == list(range(n))
    np.testing.assert_array_equal(np.concatenate([x for x, _ in epoch]), x[labels])
    assert [len(y) for _, y in epoch[:-1]] == [size] * (len(epoch) - 1)
    assert 1 <= len(epoch[-1][1]) <= size


@given(n=st.integers(1, 60), size=st.integers(1, 60), drop_last=st.booleans())
def test_len_is_the_number_of_batches(n: int, size: int, drop_last: bool) -> None:
    if drop_last and size > n:
        return
    cut = batches(np.zeros(n), size=size, rng=0, drop_last=drop_last)
    epoch = list(cut)
    assert len(cut) == len(epoch)
    if drop_last:
        assert {len(batch) for batch in epoch} == {size}


def test_each_epoch_draws_a_new_partition_and_a_seed_repeats_them_all() -> None:
    cut, again = (batches(np.arange(100), size=100, rng=3) for _ in range(2))
    epochs = [next(iter(cut)).tolist() for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs == [next(iter(again)).tolist() for _ in range(3)]


def test_a_generator_handed_in_goes_on_from_where_it_stands() -> None:
    rng = np.random.default_rng(5)
    cut = batches(np.arange(50), size=50, rng=rng)
    list(cut)
    state = rng.bit_generator.state
    second = next(iter(cut)).tolist()
    resumed = np.random.default_rng()
    resumed.bit_generator.state = state
    assert next(iter(batches(np.arange(50), size=50, rng=resumed))).tolist() == second


def test_without_rng_the_order_is_kept_and_one_array_comes_bare() -> None:
    assert [b.tolist() for b in batches([1, 2, 3], size=2)] == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (([1, 2], [1, 2, 3]), {"size": 1}, r"unequal length: shapes \(2,\), \(3,\)"),
        ((5,), {"size": 1}, "single number"),
        (([],), {"size": 1}, "no examples"),
        ((), {"size": 1}, "no array"),
        (([1, 2],), {"size": 0}, "at least one example"),
        (([1, 2],), {"size": 3, "drop_last": True}, "leaves no batch of 2 examples"),
    ],
)
def test_batches_refuse_what_cannot_be_cut(
    arrays: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        batches(*arrays, **options)


# --- train_test_split ----------------------------------------------------------------------------


@given(n=st.integers(2, 80), share=st.floats(0.01, 0.99), seed=st.integers(0, 9))
def test_a_split_parts_the_examples_and_keeps_rows_together(
    n: int, share: float, seed: int
) -> None:
    count = round(share * n)
    if not 0 < count < n:
        return
    x, y = np.arange(n) * 10, np.arange(n)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test=share, rng=seed)
    assert len(y_test) == count
    assert sorted([*y_train, *y_test]) == list(range(n))
    np.testing.assert_array_equal(x_train, y_train * 10)
    np.testing.assert_array_equal(x_test, y_test * 10)


@given(
    counts=st.lists(st.integers(2, 30), min_size=1, max_size=5),
    share=st.floats(0.05, 0.45),
    seed=st.integers(0, 9),
)
def test_a_stratified_split_has_each_class_in_proportion(
    counts: list[int], share: float, seed: int
) -> None:
    labels = np.repeat([f"class {k}" for k in range(len(counts))], counts)
    wanted = round(share * len(labels))
    if wanted == 0:
        return
    train, test = train_test_split(labels, test=share, rng=seed, stratify=labels)
    assert len(test) == wanted
    for k, count in enumerate(counts):
        held = int((test == f"class {k}").sum())
        assert (train == f"class {k}").any()
        assert abs(held - wanted * count / len(labels)) <= 1


def test_a_split_is_the_seeds_and_not_the_orders() -> None:
    y = np.arange(40)
    first, again, other = (train_test_split(y, rng=seed)[0] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert first.tolist() != sorted(first.tolist())


def test_a_class_of_one_stays_in_training() -> None:
    labels = np.array([0] * 9 + [1])
    for seed in range(20):
        assert 1 in train_test_split(labels, test=5, rng=seed, stratify=labels)[0]


@pytest.mark.parametrize("test", [0, 4, 0.0, 1.0, 0.05, -1])
def test_a_split_refuses_an_empty_side(test: float) -> None:
    with pytest.raises(ValueError, match="each side must have at least one"):
        train_test_split([1, 2, 3, 4], test=test)


def test_a_split_refuses_labels_that_are_not_one_an_example() -> None:
    with pytest.raises(DataError, match=r"stratify has shape \(3,\)"):
        train_test_split([1, 2, 3, 4], stratify=[0, 1, 0])
    with pytest.raises(DataError, match="no example of some class"):
        train_test_split([1, 2, 3, 4], test=2, stratify=[0, 1, 2, 3])


# --- class numbers and one-hot rows --------------------------------------------------------------


@given(
    labels=hnp.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 6)),
    dtype=st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
)
def test_one_hot_rows_have_their_one_at_the_label(labels: Any, dtype: Any) -> None:
    rows = one_hot(labels.astype(dtype), classes=7)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(7)[labels])


def test_one_hot_reads_the_number_of_classes_off_the_labels() -> None:
    assert one_hot([0, 3]).shape == (2, 4)
    assert one_hot([], classes=3, dtype=np.float64).shape == (0, 3)
    with pytest.raises(DataError, match="give classes="):
        one_hot([])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, -1], "label -1 at index 1"),
        ([3, 0], "label 3 at index 0 is not a class number from 0 to 2"),
        ([0.0, 0.5], "label 0.5 at index 1"),
        ([0.0, np.nan], "label nan at index 1"),
        ([0.0, np.inf], "label inf at index 1"),
        (["a", "b"], "not class numbers"),
        ([[0], [1]], r"shape \(2, 1\)"),
        (1, r"shape \(\)"),
        ([1 + 0j], "complex128"),
    ],
)
def test_labels_that_are_no_class_numbers_are_named(labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        one_hot(labels, classes=3)
    with pytest.raises(DataError):
        class_numbers(labels, classes=3)


def test_negative_labels_are_refused_without_a_number_of_classes_too() -> None:
    with pytest.raises(DataError, match="from 0 upwards"):
        class_numbers([4, -2])


# --- standardize ---------------------------------------------------------------------------------

columns = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(1, 4)),
    elements=st.integers(-(10**9), 10**9).map(lambda whole: whole / 1000),
)


@given(columns)
def test_standardised_columns_have_mean_0_and_std_1_or_are_0(x: Any) -> None:
    z = standardize(x)
    for before, after in zip(x.T, z.T, strict=True):
        if before.min() == before.max():
            assert not after.any()
        else:
            assert abs(after.mean()) < 1e-5
            assert abs(after.std() - 1) < 1e-5


def test_other_arrays_are_scaled_by_the_training_datas_figures() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.normal(3, 2, (50, 4)), rng.normal(0, 9, (20, 4))
    z_train, z_test = standardize(train, test)
    np.testing.assert_allclose(z_train, (train - train.mean(0)) / train.std(0))
    np.testing.assert_allclose(z_test, (test - train.mean(0)) / train.std(0))


def test_a_constant_column_is_0_whatever_its_computed_deviation() -> None:
    train = np.full((3, 1), 0.1)
    assert train.std() > 0
    z_train, z_test = standardize(train, [[7.0]])
    assert z_train.tolist() == [[0.0]] * 3
    assert z_test.tolist() == [[0.0]]


def test_float_types_are_kept_and_whole_numbers_become_float32() -> None:
    for given_type, kept in ((np.float32, np.float32), (np.float64, np.float64), (np.uint8, "f4")):
        assert standardize(np.array([[1], [3]], dtype=given_type)).dtype == kept


def test_images_are_standardised_pixel_by_pixel() -> None:
    images = np.random.default_rng(0).normal(size=(9, 2, 3))
    np.testing.assert_allclose(standardize(images).reshape(9, 6), standardize(images.reshape(9, 6)))


def test_figures_stay_accurate_for_float32_far_from_0() -> None:
    train = (100_000 + np.arange(4096) % 2).astype(np.float32)[:, None]
    scale = Standardizer.fit(train)
    assert scale.mean == 100_000.5
    assert scale.std == 0.5


@pytest.mark.parametrize(
    ("train", "others", "message"),
    [
        ([[1.0], [np.nan]], (), r"nan at index \(1, 0\)"),
        ([[np.inf]], (), "only finite numbers"),
        ([["a"]], (), "does not hold real numbers"),
        (np.zeros((0, 2)), (), "no examples"),
        ([[1.0], [2.0]], ([[1.0, 2.0]],), r"shape \(2,\) do not fit a mean of shape \(1,\)"),
    ],
)
def test_standardize_refuses_what_has_no_figures(train: Any, others: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        standardize(train, *others)
