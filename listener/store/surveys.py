"""Answers to surveys, imported."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from listener.domain.loyalty import Answer
from listener.store.base import Part
from listener.store.dialect import insert_into
from listener.store.loyalty_tables import survey_answers

_S = survey_answers.c


class Surveys(Part):
    """What is asked."""

    def answers(self, brand: str, since: datetime, until: datetime) -> list[Answer]:
        given = (_S.brand, _S.survey, _S.respondent, _S.score, _S.at, _S.comment)
        wanted = select(*given).where(_S.brand == brand, _S.at >= since, _S.at < until)
        return [Answer(**row._mapping) for row in self._db.execute(wanted.order_by(_S.at, _S.id))]


class SurveysWrites(Surveys):
    """What is written."""

    def save_answers(self, answers: Sequence[Answer], now: datetime) -> int:
        last = int(self._db.scalars(select(func.coalesce(func.max(_S.id), 0))).one())
        rows = [
            {
                "brand": one.brand,
                "survey": one.survey,
                "respondent": one.respondent,
                "score": one.score,
                "at": one.at,
                "comment": one.comment,
                "imported_at": now,
            }
            for one in answers
        ]
        if rows:
            self._db.execute(insert_into(self._db, survey_answers).on_conflict_do_nothing(), rows)
        # What a batch's own repeats were can't be told from the rows; ids only ever grow.
        return int(self._db.scalars(select(func.count()).where(_S.id > last)).one())

    def forget_answers(self, respondent: str) -> int:
        return self._db.execute(delete(survey_answers).where(_S.respondent == respondent)).rowcount
