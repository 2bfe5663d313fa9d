"""`make bench`: every benchmark, as a table on stderr and one JSON object on stdout."""

import importlib
import json
import os
import platform
import sys
from pathlib import Path


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def main(wanted: list[str]) -> None:
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    figures: dict[str, object] = {"machine": machine()}
    for name in [name for name in names if not wanted or name.removeprefix("bench_") in wanted]:
        sys.stderr.write(f"{name} …\n")
        found = importlib.import_module(f"benchmarks.{name}").run()
        figures[name.removeprefix("bench_")] = found
        for key, value in found.items():
            sys.stderr.write(f"  {key:<48} {value:,.4g}\n" if isinstance(value, float) else f"  {key:<48} {value}\n")
    print(json.dumps(figures, indent=1))


main(sys.argv[1:])
