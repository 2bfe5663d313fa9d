"""What the classifier drags in, and that it needs no network."""

import json
import subprocess
import sys

import pytest


def modules_after(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_nouns_are_the_standard_library() -> None:
    assert not modules_after("import classifiers.base") & {
        "numpy",
        "onnxruntime",
        "tokenizers",
        "torch",
        "transformers",
    }


def test_hub_imports_nothing_heavy_before_it_is_used() -> None:
    assert not modules_after("import classifiers.hub") & {"torch", "transformers", "onnxruntime"}


@pytest.mark.sqlite
def test_the_shipped_model_needs_neither_torch_nor_transformers() -> None:
    code = "from classifiers.embedded import EmbeddedClassifier\nEmbeddedClassifier.load().classify(['hello'])"
    loaded = modules_after(code)
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "transformers", "onnx", "huggingface_hub", "listener"}


@pytest.mark.skipif(sys.platform != "linux", reason="audit events of sockets are counted on Linux")
def test_F2_it_opens_no_connection() -> None:
    assert _connections_of(CLASSIFY) == []


@pytest.mark.skipif(sys.platform != "linux", reason="audit events of sockets are counted on Linux")
def test_F2_control_a_connection_is_seen() -> None:
    asked = f"import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))\n{CLASSIFY}"
    assert _connections_of(asked) == ["socket.connect"]


CLASSIFY = "from classifiers.embedded import EmbeddedClassifier\nEmbeddedClassifier.load().classify(['hello'])\n"


def _connections_of(code: str) -> list[str]:
    watched = "lambda event, args: seen.append(event) if event.startswith('socket.connect') else None"
    script = f"import json, sys\nseen = []\nsys.addaudithook({watched})\n{code}\nprint(json.dumps(seen))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1]))
