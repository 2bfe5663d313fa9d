"""`python -m classifiers.train --config PLAN.toml --data DIR --base DIR --out DIR`; docs/training.md explains it."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command, or say in one line what it lacks."""
    try:
        from classifiers.train.command import main as run
    except ImportError as error:
        lacks = "error: training needs what the extra `train` brings: pip install 'social-support-listener[train]'"
        print(f"{lacks} ({error})", file=sys.stderr)
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
