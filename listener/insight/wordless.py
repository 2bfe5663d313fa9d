"""A digest without the words of strangers: for targets that may not be sent them."""

from dataclasses import replace

from listener.domain.digest import Digest
from listener.domain.digest_parts import ActList, ActOn, ToDo
from listener.insight.story import tell


def wordless(digest: Digest) -> Digest:
    """Counts, our own names and commands are left: no text, handle, link, or term that customers use."""
    lists = tuple(_bare(one) for one in digest.lists if one.act is not ActOn.THANK)
    bare = replace(
        digest, reasons=(), praises=(), thanks=(), slowest=(), lists=tuple(one for one in lists if one.lines)
    )
    behind = tuple(one for one in digest.behind if not one.figure.startswith("reasons."))
    return replace(bare, story=tell(bare), behind=behind)


def _bare(one: ActList) -> ActList:
    kept = [line for line in one.lines if line.ours or one.act is not ActOn.FIX]
    return replace(one, lines=tuple(_nameless(line) for line in kept))


def _nameless(line: ToDo) -> ToDo:
    return line if line.ours else replace(line, who="", words="", url="")
