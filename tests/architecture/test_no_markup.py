"""D3: no text of a stranger is ever read as Rich markup."""

import ast

from tests.architecture.source import ROOT, modules

RICH_SINKS = {"add_row", "add_column", "rule", "log", "status", "update"}


def violations(source: str) -> list[str]:
    """Calls that could read a string as markup: `from_markup`, a Console that allows it, an f-string into a table."""
    return [
        f"line {node.lineno}: {fault}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and (fault := _fault(node))
    ]


def _fault(call: ast.Call) -> str:
    name = _name(call.func)
    if name in {"from_markup", "render_markup"}:
        return "markup is never built from text"
    if name == "Console" and not _is_false(call, "markup"):
        return "Console(...) without markup=False"
    rich = isinstance(call.func, ast.Attribute) and (name in RICH_SINKS or (name == "print"))
    if rich and any(isinstance(part, ast.JoinedStr) for part in call.args):
        return f"an f-string given to .{name}(): wrap it in Text"
    return ""


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _is_false(call: ast.Call, keyword: str) -> bool:
    return any(k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is False for k in call.keywords)


def test_D3_no_string_reaches_rich_as_markup() -> None:
    found = {
        str(path.relative_to(ROOT)): faults
        for path in modules()
        if "rich" in (source := path.read_text(encoding="utf-8")) and (faults := violations(source))
    }
    assert found == {}


def test_D3_the_rule_catches_each_way_in() -> None:
    assert violations("Console()")
    assert violations("table.add_row(f'[b]{x}')")
    assert violations("console.print(f'{x}')")
    assert violations("Text.from_markup(x)")
    assert not violations("Console(stderr=True, markup=False).print(Text(x))")
