"""`listener …`, where a worker that died is missed after two seconds instead of thirty: there are many kills."""

from listener.workers import board, worker


def main() -> None:
    for module in (board, worker):
        module.DEAD_AFTER = 2  # type: ignore[attr-defined]
        module.SIGN_OF_LIFE = 0.3  # type: ignore[attr-defined]
    from listener.cli import main as listener

    listener()


if __name__ == "__main__":
    main()
