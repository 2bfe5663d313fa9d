"""Where the extra isn't installed, the command says so."""

import subprocess
import sys

import pytest


def test_without_torch_the_command_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None\nfrom classifiers.train.__main__ import main\nsys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "[train]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["own", "plan_file", "splits", "copies", "fit", "weak"])
def test_what_reads_data_needs_no_torch(module: str) -> None:
    code = f"import sys; sys.modules['torch'] = None\nimport classifiers.train.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
