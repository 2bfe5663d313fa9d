"""JSON over HTTP within limits and budget: what connectors without a library of their own speak through."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from listener.clock import Clock
from listener.connectors.budget import Budget
from listener.connectors.http import Answer, Limits, Request, fetch, never_sent
from listener.connectors.jsons import loads
from listener.connectors.refusals import refusal
from listener.domain.budget import Purpose, Quota
from listener.errors import ListenerError, Retry, Uncertain

Query = Mapping[str, str] | Sequence[tuple[str, str]]
Refuse = Callable[[Answer, datetime], ListenerError]


class Wire:
    """One platform under one credential. Every call asks the budget first and tells it what the answer said."""

    def __init__(
        self,
        base: str,
        *,
        who: str,
        limits: Limits,
        budget: Budget,
        clock: Clock,
        headers: Callable[[], Mapping[str, str]] = dict,
        refuse: Refuse | None = None,
    ) -> None:
        """`headers` are asked for before each call; `refuse` names an answer other than a success, where a platform
        says more than its status does."""
        self.base = base.rstrip("/")
        self._who = who
        self._limits = limits
        self._budget = budget
        self._clock = clock
        self._headers = headers
        self._refuse = refuse or (lambda answer, now: refusal(answer, now, who=who))

    def get(
        self,
        path: str,
        query: Query = (),
        *,
        bucket: str = "read",
        purpose: Purpose = Purpose.READ,
        units: int = 1,
        quota: Quota | None = None,
    ) -> object:
        """The JSON of an answer. Raises what `refuse` makes of a refusal, and `Retry` for anything but JSON."""
        asked = f"?{urlencode(query, errors='replace')}" if query else ""
        self._budget.ask(bucket, purpose=purpose, units=units, quota=quota)
        return self._json(self._exchange(bucket, Request(url=f"{self.base}{path}{asked}", headers=self._headers())))

    def post(
        self,
        path: str,
        *,
        data: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        bucket: str = "write",
        units: int = 1,
        quota: Quota | None = None,
    ) -> object:
        """Write something, `data` as JSON or `form`, or nothing at all; the answer's JSON, None for an empty one.

        Raises `Uncertain` where it may have happened although no proper answer came: it must not simply be repeated.
        """
        self._budget.ask(bucket, purpose=Purpose.REPLY, units=units, quota=quota)
        kind, content = _body(data, form)
        sent = {**self._headers(), **kind, **(headers or {})}
        request = Request(method=method, url=f"{self.base}{path}", headers=sent, content=content)
        try:
            answer = self._exchange(bucket, request)
            return self._json(answer) if answer.body.strip() else None
        except Retry as error:
            if never_sent(error) or getattr(error, "until", None) is not None:
                raise
            raise Uncertain(f"{error}: it may have been taken all the same") from error

    def _exchange(self, bucket: str, request: Request) -> Answer:
        answer = fetch(request, self._limits)
        self._budget.heard(bucket, answer)
        if not 200 <= answer.status < 300:
            error = self._refuse(answer, self._clock.now())
            if (until := getattr(error, "until", None)) is not None:
                self._budget.blocked(bucket, until)
            raise error
        return answer

    def _json(self, answer: Answer) -> object:
        try:
            return loads(answer.body.decode("utf-8-sig"))
        except ValueError as error:
            raise Retry(f"{self._who} answered something other than JSON") from error


def _body(data: object, form: Mapping[str, str] | None) -> tuple[Mapping[str, str], bytes]:
    """(headers, content): calls that take nothing refuse a body, be it `null`."""
    if form is not None:
        return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form, errors="replace").encode()
    return ({"Content-Type": "application/json"}, json.dumps(data).encode()) if data is not None else ({}, b"")
