"""The story of the demo: real mails, real links, real pages, on a clock that jumps."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parseaddr
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from deploy.cli.first_start import (
    import_sample_people,
    match_and_publish,
    register_sample,
    sample_participants,
    wait_for_pool,
)
from deploy.cli.installation import Installation
from deploy.cli.matches import names_of
from deploy.cli.output import CommandFailed
from deploy.cli.programmes import open_programme
from deploy.demo.personas import Reply, reply_of
from deploy.embedded.mailbox import Mail, NewMails
from deploy.sample.lists import OFFICES
from deploy.simulation import Simulation
from deploy.up.progress import Progress

WEEKS = 13
ENROLMENT = timedelta(days=14)
ASKED_AT_HOUR = 10
EXAMPLES = 3
A_WEEK = timedelta(days=7)

_LINK = re.compile(r"https?://\S+/checkins/\S+")
_PARTNER = re.compile(r"about you and (.+)$")


@dataclass
class Round:
    """One month's check-ins, as they come in."""

    month: str
    asked: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    ratings: list[int] = field(default_factory=list)


class Story:
    """Lives a quarter, and tells what happens while it happens."""

    def __init__(
        self, installation: Installation, simulation: Simulation, progress: Progress
    ) -> None:
        self._installation = installation
        self._simulation = simulation
        self._progress = progress
        self._mails = NewMails(installation.servers.mailbox_folder)
        self._browser = httpx.Client(timeout=30, follow_redirects=True)
        self._checkins_of: Counter[str] = Counter()
        self._rounds: dict[str, Round] = {}

    def live(self) -> None:
        """Live from the first registration to the quarter's end."""
        programme = self._enrol()
        self._match(programme["programme_id"])
        last_day = date.fromisoformat(programme["ends_on"])
        self._run(datetime.combine(last_day, time(23), UTC))
        self._heading("the quarter is over")
        for each in self._rounds.values():
            self._sum_up(each)

    def _enrol(self) -> dict[str, Any]:
        begins = self._simulation.now
        self._heading("enrolment opens")
        with self._installation.api("intake") as intake:
            import_sample_people(intake, self._progress)
            programme = open_programme(intake, _request(begins))
            register_sample(intake, programme, self._progress)
        with self._installation.api("matching") as matching:
            wait_for_pool(matching, programme["programme_id"], sample_participants())
        self._run(begins + ENROLMENT)
        return programme

    def _match(self, programme_id: str) -> None:
        self._heading("enrolment has closed, and everybody is matched")
        with self._installation.api("matching") as matching:
            match_and_publish(matching, programme_id, self._progress)
            pairs = list(matching.pages(f"/v1/programmes/{programme_id}/pairs"))
        best = sorted(pairs, key=lambda pair: -int(pair["points"]))[:EXAMPLES]
        names = names_of(self._installation, best)
        for pair in best:
            why = "; ".join(words for reason in pair["reasons"] if (words := _why(reason)))
            self._say(f"{names[pair['mentor_id']]} guides {names[pair['mentee_id']]}: {why}.")
        self._say(f"… and {len(pairs) - len(best)} more pairs; each is told by mail, with its why.")

    def _run(self, until: datetime) -> None:
        self._simulation.run(until, at_rest=self._read_mails)

    def _read_mails(self) -> None:
        """Whoever got a check-in decides now what to do with it."""
        asked = [mail for mail in self._mails.read() if _LINK.search(mail.text)]
        if not asked:
            return
        now = self._simulation.now
        self._heading(f"{ASKED_AT_HOUR}:00 in {_places(now)}")
        self._say(f"{len(asked)} check-ins go out.")
        this_round = self._round(f"{now:%B %Y}")
        for mail in asked:
            this_round.asked.append(_name(mail))
            self._expect_reply(mail, this_round)

    def _round(self, month: str) -> Round:
        """The round of a month; a week after it has begun, it is told how it stands."""
        if month not in self._rounds:
            self._rounds[month] = Round(month)
            tell = partial(self._tell_how_it_stands, self._rounds[month])
            self._simulation.at(self._simulation.now + A_WEEK, tell)
        return self._rounds[month]

    def _expect_reply(self, mail: Mail, this_round: Round) -> None:
        address = parseaddr(mail.to)[1]
        reply = reply_of(address, self._checkins_of[address])
        self._checkins_of[address] += 1
        if reply:
            answer = partial(self._answer, mail, reply, this_round)
            self._simulation.at(self._simulation.now + reply.after, answer)

    def _answer(self, mail: Mail, reply: Reply, this_round: Round) -> None:
        """Open the mail's link, fill in the page and send it, as a browser does."""
        link = _LINK.search(mail.text)
        assert link  # noqa: S101 - only mails with a link are answered
        shown = self._browser.get(link[0])
        sent = self._browser.post(link[0], data=reply.fields)
        if not (shown.is_success and sent.is_success):
            log = self._installation.folder / "logs" / "portal.log"
            raise CommandFailed(f"A check-in could not be answered: see {log}.")
        this_round.answered.add(_name(mail))
        if reply.rating is not None:
            this_round.ratings.append(reply.rating)
        if len(this_round.answered) <= EXAMPLES:
            self._say(_in_words(mail, reply))

    def _tell_how_it_stands(self, this_round: Round) -> None:
        self._heading(f"a week after the check-ins of {this_round.month}")
        self._sum_up(this_round)
        silent = [
            name for name in dict.fromkeys(this_round.asked) if name not in this_round.answered
        ]
        if silent:
            others = len(silent) - EXAMPLES
            more = f" and {others} others" if others > 0 else ""
            self._say(f"Not yet: {', '.join(silent[:EXAMPLES])}{more}. Late answers are welcome.")

    def _sum_up(self, this_round: Round) -> None:
        ratings = this_round.ratings
        mean = f", {sum(ratings) / len(ratings):.1f} of 5 on average" if ratings else ""
        self._say(
            f"{this_round.month}: {len(this_round.answered)} of {len(set(this_round.asked))} "
            f"people answered; {len(ratings)} sessions were rated{mean}."
        )

    def _heading(self, what: str) -> None:
        now = self._simulation.now
        self._progress.heading(f"{now:%A}, {now.day} {now:%B %Y}: {what}")

    def _say(self, line: str) -> None:
        self._progress.say([f"  {line}"])


def _request(begins: datetime) -> dict[str, Any]:
    closes = begins + ENROLMENT
    starts_on = closes.date() + timedelta(days=1)
    return {
        "name": "Mentoring quarter",
        "enrolment_opens_at": begins.isoformat(),
        "enrolment_closes_at": closes.isoformat(),
        "starts_on": starts_on.isoformat(),
        "ends_on": (starts_on + timedelta(weeks=WEEKS)).isoformat(),
        "policies": {"mentor_capacity": 2, "checkins": {"weekday": 3, "hour": ASKED_AT_HOUR}},
    }


def _places(now: datetime) -> str:
    """The company's places where it is the hour of asking now."""
    zones = sorted({office.time_zone for office in OFFICES})
    here = [zone for zone in zones if now.astimezone(ZoneInfo(zone)).hour == ASKED_AT_HOUR]
    return " and ".join(zone.rpartition("/")[2].replace("_", " ") for zone in here)


def _why(reason: dict[str, Any]) -> str | None:
    codes = " and ".join(reason["codes"])
    return {
        "department": f"both work in {codes}",
        "wanted-department": f"the mentee wants to get to know {codes}",
        "seniority": "a step or two further",
        "interests": f"both care about {codes}",
        "education": f"both studied {codes}",
    }.get(str(reason["term"]))


def _in_words(mail: Mail, reply: Reply) -> str:
    partner = _PARTNER.search(mail.subject)
    with_whom = f" with {partner[1]}" if partner else ""
    if reply.rating is None:
        return f"{_name(mail)} answers: no session{with_whom} yet. Goal: {reply.fields['goal']}"
    return (
        f"{_name(mail)} answers: a session{with_whom}, {reply.rating} of 5. "
        f"Goal: {reply.fields['goal']}"
    )


def _name(mail: Mail) -> str:
    name, address = parseaddr(mail.to)
    return name or address
