"""Events on disk: whole lines or none, read by place, deleted once their reading is committed."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from listener.connectors import spool as module
from listener.connectors.cursors import State
from listener.connectors.spool import Line, Place, Spool, SpoolFull, place_of
from tests.builders import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "private", "fb")


def read(spool: Spool, place: Place | None = None, most: int = 1_000) -> list[Line]:
    return spool.read(place or Place(), most)


def numbers(lines: list[Line]) -> list[object]:
    return [line.record for line in lines]


def files(spool: Spool) -> list[Path]:
    return sorted(spool.folder.glob("*.jsonl"))


def test_nothing_is_made_before_something_is_kept(spool: Spool, tmp_path: Path) -> None:
    assert read(spool) == []
    spool.forget(Place(file="x", at=1))
    assert list(tmp_path.iterdir()) == []


def test_each_hour_has_a_file_and_they_are_read_in_order(spool: Spool) -> None:
    for hour in range(3):
        spool.append([hour * 2, hour * 2 + 1], NOON + hour * HOUR)
    assert len(files(spool)) == 3
    assert numbers(read(spool)) == [0, 1, 2, 3, 4, 5]


def test_reading_goes_on_after_a_place_across_files(spool: Spool) -> None:
    for number in range(6):
        spool.append([number], NOON + number * HOUR / 2)
    seen, place = [], Place()
    while lines := read(spool, place, most=1):
        seen += numbers(lines)
        place = place_of(State(lines[-1].after.fields()))
    assert seen == [0, 1, 2, 3, 4, 5]


def test_what_is_committed_is_deleted_at_the_next_reading_and_nothing_else(spool: Spool) -> None:
    spool.append([1, 2], NOON)
    spool.append([3, 4], NOON + HOUR)
    half = read(spool)[2].after
    spool.forget(half)
    assert len(files(spool)) == 1
    assert numbers(read(spool, half)) == [4]
    whole = read(spool, half)[-1].after
    spool.forget(whole)
    assert files(spool) == []


def test_events_of_an_hour_whose_file_was_read_and_deleted_are_read_too(spool: Spool) -> None:
    """The new file is another one, even in the same instant: the place of the old says nothing of it."""
    spool.append([1, 2], NOON)
    place = read(spool)[-1].after
    spool.forget(place)
    spool.append([3, 4], NOON)
    assert numbers(read(spool, place)) == [3, 4]
    spool.forget(place)
    assert numbers(read(spool, place)) == [3, 4]


def test_a_clock_that_is_set_back_hides_nothing(spool: Spool) -> None:
    spool.append([1], NOON)
    place = read(spool)[-1].after
    spool.append([2], NOON - 5 * HOUR)
    spool.forget(place)
    assert numbers(read(spool, place)) == [2]


def test_a_torn_line_is_left_alone_and_cut_off_by_the_next_writer(spool: Spool) -> None:
    spool.append([1], NOON)
    with files(spool)[0].open("ab") as stream:
        stream.write(b'{"half": ' + b"x" * 200_000)
    assert numbers(read(spool)) == [1]
    spool.append([2], NOON)
    assert numbers(read(spool)) == [1, 2]


def test_a_file_that_holds_only_a_torn_line_is_begun_anew(spool: Spool) -> None:
    spool.append([1], NOON)
    files(spool)[0].write_bytes(b"torn")
    assert read(spool) == []
    spool.append([2], NOON)
    assert numbers(read(spool)) == [2]


@pytest.mark.parametrize(
    "place", [Place(file="gone.jsonl", at=3), Place(at=7), Place(file="zzz"), Place(file="../../x", at=1)]
)
def test_a_place_that_is_not_known_is_the_beginning(spool: Spool, place: Place) -> None:
    spool.append([1, 2], NOON)
    spool.forget(place)
    assert numbers(read(spool, place)) == [1, 2]


def test_a_place_within_a_line_or_beyond_the_end_is_the_beginning_of_its_file(spool: Spool) -> None:
    spool.append([11, 22], NOON)
    (file,) = files(spool)
    assert numbers(read(spool, Place(file=file.name, at=1))) == [11, 22]
    assert numbers(read(spool, Place(file=file.name, at=99))) == [11, 22]


def test_a_line_that_is_not_json_is_read_as_it_stands(spool: Spool) -> None:
    spool.append([1], NOON)
    files(spool)[0].write_bytes(b"1\nnonsense\xff\n3\n")
    assert [(line.record, line.text) for line in read(spool)][1] == (None, "nonsense\ufffd\n")


@pytest.mark.parametrize("name", ["write", "fsync"])
def test_what_can_not_be_kept_leaves_the_file_as_it_was(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    spool.append([1], NOON)
    with monkeypatch.context() as patched:
        patched.setattr(module.os, name, full)
        with pytest.raises(OSError, match="No space"):
            spool.append([2, 3], NOON)
    assert numbers(read(spool)) == [1]
    spool.append([4], NOON)
    assert numbers(read(spool)) == [1, 4]


def test_it_is_on_the_disk_before_it_counts_as_kept(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[bool] = []
    fsync = os.fsync
    monkeypatch.setattr(module.os, "fsync", lambda handle: (flushed.append(True), fsync(handle)))
    spool.append([1], NOON)
    assert len(flushed) == 2, "the file, and the folder that names it"
    spool.append([2], NOON)
    assert len(flushed) == 3


def test_a_spool_that_nobody_reads_fills_up(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    spool.append(["a long enough event"], NOON)
    with pytest.raises(SpoolFull):
        spool.append([2], NOON + HOUR)


def test_several_writers_and_a_reader_lose_nothing(tmp_path: Path) -> None:
    writers = [Spool(tmp_path, "fb") for _ in range(4)]
    reader, place = Spool(tmp_path, "fb"), Place()
    seen: list[object] = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        written = [pool.submit(writers[n % 4].append, [n], NOON + timedelta(minutes=n)) for n in range(200)]
        while len(seen) < 200:
            over = all(one.done() for one in written)
            reader.forget(place)
            lines = reader.read(place, most=7)
            seen += numbers(lines)
            place = lines[-1].after if lines else place
            assert lines or not over, f"lost: only {len(seen)} of 200 were read"
    assert sorted(map(str, seen)) == sorted(map(str, range(200)))


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../up", "ünï cödé", "x" * 200, "a\\b"])
def test_a_sources_name_never_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    spool = Spool(tmp_path, name)
    spool.append([1], NOON)
    assert spool.folder.parent == tmp_path / "spool"
    assert spool.folder.resolve().parent == (tmp_path / "spool").resolve()
    assert numbers(read(Spool(tmp_path, name))) == [1]
