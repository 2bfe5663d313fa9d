"""`listener classify`, as a shell sees it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LISTENER = [sys.executable, "-m", "listener", "classify", "--threads", "1"]


def classify(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*LISTENER, *arguments], input=given, capture_output=True, check=False, timeout=120)


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_text_lines_are_answered_one_by_one_in_order(tmp_path: Path) -> None:
    file = tmp_path / "posts.txt"
    file.write_bytes("\ufeffmy parcel is late again\r\n\n😡\u2028still one line\nno newline at the end".encode())
    done = classify(str(file))
    assert done.returncode == 0, done.stderr
    assert [line["text"] for line in lines(done)] == [
        "my parcel is late again",
        "",
        "😡\u2028still one line",
        "no newline at the end",
    ]


def test_json_lines_are_told_by_the_first_and_a_bad_line_keeps_its_place() -> None:
    done = classify(
        given=b'\n{"text": "thanks!", "id": 7}\nnot json\n[1]\n{"text": 5}\n{"text": "\\ud800\\u001b[2J"}\n'
    )
    first, *bad, last = lines(done)
    assert first["text"] == "thanks!"
    assert [(line["line"], line["error"]) for line in bad] == [
        (3, "not a JSON object"),
        (4, "not a JSON object"),
        (5, "no string `text` in it"),
    ]
    assert last["text"] == "\ud800\x1b[2J"
    assert b"\x1b" not in done.stdout
    assert done.returncode == 6
    assert b"3 lines held no text" in done.stderr


def test_announced_json_lines_are_demanded_of_the_first_line_too() -> None:
    done = classify("-", "--format", "jsonl", given=b"hello\n" + b"[" * 100_000 + b'\n{"text": "a"}\n')
    assert ["error" in line for line in lines(done)] == [True, True, False]
    assert done.returncode == 6


def test_a_files_name_announces_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text('{broken\n{"text": "thanks!"}\n', encoding="utf-8")
    done = classify(str(file))
    bad, good = lines(done)
    assert (bad, good["text"], done.returncode) == ({"line": 1, "error": "not a JSON object"}, "thanks!", 6)


def test_announced_text_is_not_read_as_json() -> None:
    assert lines(classify("--format", "text", given=b'{"text": "a"}\n'))[0]["text"] == '{"text": "a"}'


def test_bytes_that_are_no_utf8_are_answered() -> None:
    assert lines(classify(given=b"caf\xe9 \xff\n"))[0]["text"] == "caf\ufffd \ufffd"


def test_nothing_in_nothing_out() -> None:
    done = classify(given=b"")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_missing_file_is_a_usage_error_that_names_it() -> None:
    done = classify("/no/such/file")
    assert done.returncode == 2
    assert b"/no/such/file can't be read: No such file" in done.stderr
    assert done.stdout == b""


def test_a_reader_that_leaves_early_is_no_error() -> None:
    with subprocess.Popen(LISTENER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(b"hello\n" * 2000)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize("count", [600])
def test_more_lines_than_a_batch_come_out_whole(count: int) -> None:
    texts = [f"line {i}" for i in range(count)]
    assert [line["text"] for line in lines(classify(given="\n".join(texts).encode()))] == texts
