"""What people install is whole: code, settings to copy, sample posts, model; and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.architecture.source import ROOT


def test_the_wheel_carries_settings_demo_and_model_and_no_tests(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        "listener/demo/posts.jsonl",
        "listener/demo/config/brands.toml",
        "listener/default_config/listener.toml",
    } <= set(names)
    assert any(name.startswith("classifiers/model/") and name.endswith(".onnx") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"listener", "classifiers"}
    assert not [name for name in names if name.endswith((".pyc", ".sqlite", ".db"))]
