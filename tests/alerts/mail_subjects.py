"""`python -m tests.alerts.mail_subjects --subjects 100000`: hostile subjects, each made into a mail that is taken
apart again by hand, without the library that made it."""

import argparse
import base64
import binascii
import quopri
import re
import sys
from collections.abc import Callable, Iterator
from random import Random

from listener.alerts import mail
from listener.domain.alert import OutboxRow
from tests.builders import NOON

EXPECTED = (
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Subject", "From", "To", "Message-ID", "Date",
    "Auto-Submitted",
)  # fmt: skip
MAILING = mail.Mailing(
    host="127.0.0.1", port=9, sender=("Desk", "desk@acme.example"), to=(("", "oncall@acme.example"),)
)
PIECES = (
    "\r\n", "\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2J", "\x7f", "\ud800", "\udfff", "\u202e",
    "\u200d", "\ufeff", "\U000e0041", "Bcc: eve@evil.example", "\r\nBcc: eve@evil.example", "\r\n\r\nhello",
    "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n", "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=", "=?utf-8?b?DQpCY2M6IGU=?=",
    "=?us-ascii?q?=E2?=", "=?", "?=", "=?utf-7?q?+AA0-?=", "\t", " ", "  \n ", ":", ";", ",", "<eve@evil.example>",
    '"', "\\", "é", "漢字" * 20, "🎉", "e\u0301\u0302" * 6, "a" * 300, "%0d%0a", "\\r\\n", "To:", "Subject: x", "--",
    "complaints",
)  # fmt: skip
_WORD = re.compile(r"=\?utf-8\?([bq])\?([^?]*)\?=")
Compose = Callable[[mail.Mailing, OutboxRow], bytes]


def subjects(count: int, seed: int = 0) -> Iterator[str]:
    random = Random(seed)
    for _ in range(count):
        yield "".join(
            random.choice(PIECES) if random.random() < 0.8 else _any(random) for _ in range(random.randint(1, 7))
        )


def _any(random: Random) -> str:
    return chr(random.choice((random.randrange(0x80), random.randrange(0x3000), random.randrange(0x110000))))


def row(title: str, key: str = "spike:Acme/:1|level1|mail") -> OutboxRow:
    return OutboxRow(
        id=1, key=key, target="mail", title=title, body="42 people", attempts=0, created_at=NOON, not_before=NOON
    )


def fault(title: str, content: bytes) -> str:
    """What is wrong with the mail that a subject was made into; empty if nothing is."""
    head, _, body = content.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    names = tuple(line.partition(b":")[0].decode("latin-1") for line in lines if line[:1] not in (b" ", b"\t"))
    if names != EXPECTED:
        return f"headers {names}"
    if re.search(rb"\r(?!\n)|(?<!\r)\n|[^\r\n\t -~]", content):
        return "a bare line break, or a byte that is no ASCII"
    if max(map(len, content.split(b"\r\n"))) > 998:
        return "a line longer than servers take"
    if body.strip() != b"42 people":
        return "another body"
    shown = decoded(re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")[EXPECTED.index("Subject")].decode())
    return "" if shown == mail.subject_of(title) else f"shown as {shown!r}"


def decoded(header: str) -> str:
    """What a reader shows of a header: neighbouring encoded words are one."""
    value = re.sub(r"(?<=\?=)[ \t]+(?==\?)", "", header.partition(":")[2].strip())
    return _WORD.sub(_read, value)


def _read(found: re.Match[str]) -> str:
    how, text = found.groups()
    try:
        raw = base64.b64decode(text) if how == "b" else quopri.decodestring(text.replace("_", "=20"))
        return raw.decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        return f"<{error}>"


def faults(count: int, compose: Compose = mail.compose, seed: int = 0) -> dict[str, str]:
    """Subject → what became of it, where that is wrong."""
    found = {}
    for title in subjects(count, seed):
        try:
            wrong = fault(title, compose(MAILING, row(title)))
        except ValueError as error:  # refused, encoding errors among them: a mail that never comes is lost
            wrong = f"no mail: {error}"
        if wrong:
            found[title] = wrong
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    found = faults(told.subjects, seed=told.seed)
    sys.stdout.write(f"{told.subjects:,} subjects, {len(found)} mails that are wrong\n")
    sys.stdout.writelines(f"  {title!r}: {wrong}\n" for title, wrong in list(found.items())[:20])
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
