"""Which of many series may speak: the more are watched, the more often one of them doubles by chance.

Benjamini and Hochberg (1995), hour by hour over all series judged in it: of n sorted tail probabilities the k
smallest pass, for the largest k with p(k) ≤ 0.01·k/n. In a calm hour that leaves one chance in a hundred that any
series passes at all, however many are watched; in a crisis that lifts many at once each needs less, where dividing by
n would ask the more of everyone the more there are. Series of one brand rise together (a queue is a part of its
brand), and the rule holds for such dependence (Benjamini and Yekutieli 2001). With up to 33 series `max_p` itself
(2.5e-4) is the stricter; beyond that this is.

Within a brand the parent is tested at `max_p`, and its children share one more such chance between them: a brand with
ten queues doesn't alarm ten times as often as one with none.
"""

from collections import Counter
from collections.abc import Sequence

from listener.domain.policy import SpikePolicy
from listener.insight.scopes import Seen
from listener.insight.spikes import Reading

FALSE_SHARE = 0.01


def speaking(reading: Reading, policy: SpikePolicy) -> bool:
    """Whether a spike stands here that is worth a word now: it opens, grows, or goes on above its usual."""
    if reading.alarm or reading.escalated:
        return True
    rare = reading.p <= policy.max_p and reading.novelty >= policy.novelty and reading.observed >= policy.min_count
    return reading.open and rare and reading.count > reading.expected


def passing(seen: Sequence[Seen], policy: SpikePolicy) -> list[Seen]:
    """Of the readings of one hour, those that speak and stand the test."""
    judged = [one for one in seen if not one.reading.cold]
    children = Counter((one.scope.brand, one.scope.label) for one in judged if not one.scope.whole)
    speak = [
        one
        for one in judged
        if speaking(one.reading, policy)
        and (one.scope.whole or one.reading.p <= policy.max_p / children[one.scope.brand, one.scope.label])
    ]
    speak.sort(key=lambda one: one.reading.p)
    most = 0
    for rank, one in enumerate(speak, 1):
        if one.reading.p <= FALSE_SHARE * rank / len(judged):
            most = rank
    return speak[:most]
