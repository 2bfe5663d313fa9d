"""How bad a post's matter is for its author, from 0 to 1."""

from collections.abc import Mapping

from listener.domain.verdict import Label, Verdict

PRIOR_COMPLAINT = 0.5
"""Of a post that no classifier has read, or could: neither first nor last in the queue."""

EMOTION_WEIGHTS: Mapping[str, float] = {
    "anger": 1.0,
    "disgust": 1.0,
    "fear": 1.0,
    "sadness": 1.0,
    "grief": 1.0,
    "annoyance": 0.5,
    "disapproval": 0.5,
    "disappointment": 0.5,
    "nervousness": 0.5,
}
"""The four families of Ekman that make a complaint grave; GoEmotions' milder members count half."""

FULL_REPEATS = 3
SEVERE_WORD = 0.6


def severity(verdict: Verdict | None, *, repeats: int, severe_word: str) -> float:
    """Complaint probability times how strongly it is felt, raised by a severe word.

    felt     = 0.4 + 0.5 · emotion + 0.1 · min(repeats, 3) / 3
    severity = 1 − (1 − complaint · felt) · (1 − 0.6 · severe · (1 − praise))

    `emotion` is the largest weighted score of anger, disgust, fear and sadness; `repeats` the author's earlier
    complaints on this brand; `severe` 1 where a safety or legal word of the settings stands in the text. A severe word
    counts less in praise: "this album is fire" is no fire. Chosen by hand, not fitted: there is no labelled severity.
    """
    complaint = _label(verdict, Label.COMPLAINT, PRIOR_COMPLAINT)
    praise = _label(verdict, Label.PRAISE, 0.0)
    felt = 0.4 + 0.5 * strongest_emotion(verdict)[1] + 0.1 * min(max(repeats, 0), FULL_REPEATS) / FULL_REPEATS
    alarm = SEVERE_WORD * (1.0 - praise) if severe_word else 0.0
    return 1.0 - (1.0 - complaint * felt) * (1.0 - alarm)


def strongest_emotion(verdict: Verdict | None) -> tuple[str, float]:
    """The grave emotion that weighs most and its weighted score; ("", 0) if there is none."""
    if verdict is None:
        return "", 0.0
    weighed = [
        (EMOTION_WEIGHTS[name], unit(p), name) for name, p in verdict.scores.emotions.items() if name in EMOTION_WEIGHTS
    ]
    score, name = max(((weight * p, name) for weight, p, name in weighed), default=(0.0, ""))
    return (name, score) if score > 0 else ("", 0.0)


def unit(number: float) -> float:
    """Clamped to 0…1; not-a-number is 0, so that a broken score can't break the order of a queue."""
    return min(1.0, max(0.0, number))


def _label(verdict: Verdict | None, label: Label, unknown: float) -> float:
    return unknown if verdict is None or verdict.unread else unit(verdict.scores.labels.get(label, 0.0))
