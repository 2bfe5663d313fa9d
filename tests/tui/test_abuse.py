"""Words that sound abusive are covered until the agent asks for them."""

from dataclasses import replace

from listener.domain.verdict import Label
from listener.triage.card_words import ABUSE
from tests.triage.builders import Office
from tests.triage.test_tones import said
from tests.tui.seats import At, at_the_desk

RUDE = "@acme you utter swine my parcel is late"


def test_a_key_shows_them_and_covers_them_again(staffed: Office) -> None:
    staffed.policy = replace(staffed.policy, hide_abuse=True)
    staffed.hears(RUDE, by="ann", said=said(Label.COMPLAINT, offensive=0.9))

    async def day(at: At) -> None:
        await at.sees(ABUSE[:20], "v shows the words")
        assert "swine" not in at.text
        await at.press("v")
        await at.sees("swine")
        await at.until(lambda: "covered until" not in at.text)
        await at.press("v")
        await at.until(lambda: "swine" not in at.text)

    at_the_desk(staffed, day, size=(120, 40))


def test_without_the_setting_nothing_is_covered(staffed: Office) -> None:
    staffed.hears(RUDE, by="ann", said=said(Label.COMPLAINT, offensive=0.9))

    async def day(at: At) -> None:
        await at.sees("swine")

    at_the_desk(staffed, day, size=(120, 40))
