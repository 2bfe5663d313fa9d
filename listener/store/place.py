"""Which file system a database lies on, as far as this system says."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"})
"""File systems of other machines: a write-ahead log needs memory that its processes share."""


def file_system(folder: Path) -> str:
    """Of the innermost mount that holds the folder; empty where the system doesn't say."""
    try:
        told = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    held: dict[Path, str] = {}
    for line in told.splitlines():
        before, _, after = line.partition(" - ")
        held[Path(before.split()[4].replace("\\040", " "))] = after.split()[0]
    return next((held[one] for one in (folder, *folder.parents) if one in held), "")


def is_remote(database: Path) -> bool:
    """Whether it lies on another machine's disk."""
    return file_system(database.parent.resolve()) in REMOTE
