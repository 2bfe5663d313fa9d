"""Which models read the languages that the classifier doesn't: every `[[classifier.language]]`."""

import re
from pathlib import Path

from listener.domain.policy import HubRunning, LanguageModel
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

MEANINGS = ("negative", "neutral", "positive", "complaint", "praise", "question")
_CODE = re.compile(r"[a-z]{2,3}")


def languages(table: Table, kind: str) -> tuple[LanguageModel, ...]:
    """In their order; `table` is `[classifier]`."""
    found: list[LanguageModel] = []
    for entry in table.children("language"):
        model = _language(entry)
        taken = {code for other in found for code in other.codes}
        for code in model.codes:
            if code in taken:
                entry.problem("codes", f'"{code}" stands under an earlier model', "give each language one model")
        if kind != "embedded":
            entry.problem("model", "a hub model is asked about every language", 'remove it, or set kind = "embedded"')
        found.append(model)
    return tuple(found)


def running(table: Table) -> HubRunning:
    """How a hub model is run, as `[classifier]` and each `[[classifier.language]]` say alike."""
    base = HubRunning()
    return HubRunning(
        batch_size=table.whole("batch_size", base.batch_size, least=1),
        dtype=table.choice("dtype", base.dtype, ("float32", "bfloat16", "float16")),
        multi_label=table.choice("multi_label", base.multi_label, ("auto", "yes", "no")),
        onnx=table.switch("onnx", default=base.onnx),
    )


def _language(table: Table) -> LanguageModel:
    found = LanguageModel(
        codes=table.texts("codes"),
        model=table.text("model"),
        revision=table.text("revision"),
        label_map={str(k): str(v) for k, v in table.plain("label_map").items()},
        running=running(table),
    )
    table.done()
    if not found.codes:
        table.problem("codes", "missing", 'name the languages: codes = ["de", "fr"]')
    for number, code in enumerate(found.codes):
        if not _CODE.fullmatch(code):
            table.problem("codes", f'"{code}" is no ISO 639 code', 'two or three small letters, as "de"', item=number)
    _need_model(table, found)
    if not found.label_map:
        table.problem("label_map", "missing", 'say what its labels mean: label_map = { LABEL_0 = "negative", … }')
    for label, meaning in found.label_map.items():
        if meaning not in MEANINGS:
            table.problem(
                "label_map", f'"{meaning}" of {label} is none of the choices', did_you_mean(meaning, MEANINGS)
            )
    return found


def _need_model(table: Table, found: LanguageModel) -> None:
    if not found.model:
        table.problem("model", "missing", 'name the model: model = "organisation/name", or a local path')
    elif not found.revision and not Path(found.model).is_dir():
        table.problem("revision", "missing", "pin the model to a commit: what a hub serves under a name can change")
