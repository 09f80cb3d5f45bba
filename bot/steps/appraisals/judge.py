"""Take one person's judgement of a domain, or of all domains together. The rules suggest; the person judges, with a reason where it differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.methods.appraisal.engine import Suggestion, overall, weigh
from bot.methods.appraisal.rules import Domain
from bot.steps.appraisals.forms import JudgementForm
from bot.steps.appraisals.holders import Seat, require_open, seat
from db import appraisals, events
from db.appraisals import OVERALL, AppraisalJudgementRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement that now counts. is_new: False if the very same one was there already."""

    number: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person's appraisal of a result stands.

    suggestions: domain → what the answers suggest, None for nothing; missing: questions without an answer, by domain.
    stale: domains that were judged on answers which suggest otherwise now.
    """

    answers: dict[str, str]
    judgements: dict[str, AppraisalJudgementRow]
    suggestions: dict[str, str | None]
    because: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]
    overall: Suggestion
    stale: frozenset[str]

    @property
    def is_complete(self) -> bool:
        """Whether every question is answered and everything judged, on the answers as they are."""
        return not any(self.missing.values()) and set(self.judgements) == {*self.suggestions, OVERALL} and not self.stale


def standing(session: Session, here: Seat) -> Standing:
    """Return how far a person's own appraisal is, and what its answers suggest."""
    person = here.who.person.id
    answers = {number: row.answer for number, row in appraisals.own_answers(session, here.place, person).items()}
    known = {domain.id for domain in here.rules.domains} | {OVERALL}
    judgements = {domain: row for domain, row in appraisals.own_judgements(session, here.place, person).items() if domain in known}
    weighed = {domain.id: weigh(domain, answers) for domain in here.rules.domains}
    may_suggest = is_agreed(session, here)
    suggestions = {domain: one.suggested if may_suggest else None for domain, one in weighed.items()}
    given = {domain: row.judgement for domain, row in judgements.items() if domain != OVERALL}
    in_all = overall(here.rules, given)
    if not may_suggest:
        in_all = Suggestion(None, in_all.because)
    stale = {domain for domain, row in judgements.items() if domain != OVERALL and row.suggested != (suggestions[domain] or "")}
    if OVERALL in judgements and judgements[OVERALL].suggested != (in_all.judgement or ""):
        stale.add(OVERALL)
    return Standing(answers, judgements, suggestions, {domain: one.because if may_suggest else () for domain, one in weighed.items()},
                    {domain: one.missing for domain, one in weighed.items()}, in_all, frozenset(stale))


def is_agreed(session: Session, here: Seat) -> bool:
    """Return whether the rules of a place may suggest anything: unproven ones only once somebody has signed that they are the official ones."""
    rules = here.rules
    return rules.suggests and (not rules.needs_agreement or appraisals.is_agreed(
        session, here.effect.review_id, tool=rules.tool, variant=rules.id, rules_sha256=rules.rules_sha256))


def judge(*, database: Database, token: str, effect_id: int, domain_id: str, form: JudgementForm, by: str, now: datetime) -> Judged:
    """Store a judgement of a domain (or `overall`) at a place of the person whom the link belongs to.

    Raises LinkError, RefusedError, NotFoundError (no such domain), InvalidInputError (unanswered questions, no reason), ConflictError.
    """
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        now_stands = standing(session, here)
        suggested = (now_stands.overall.judgement if domain_id == OVERALL else now_stands.suggestions.get(domain_id)) or ""
        latest = now_stands.judgements.get(domain_id)
        if latest is not None and _same(latest, form, suggested):
            return Judged(latest.number, is_new=False)
        require_open(session, here)
        _check(here, now_stands, domain_id, form, suggested)
        if form.version != (latest.number if latest else 0):
            raise ConflictError("You judged this otherwise meanwhile, perhaps in another window. Look at it, and judge again if it is wrong.")
        row = appraisals.append_judgement(session, here.place, AppraisalJudgementRow(
            domain=domain_id, suggested=suggested, judgement=form.judgement, reason=form.reason, direction=form.direction, at=now))
        here.place.handed_in_at = None
        # That it was judged, never how: the audit is no way around blindness.
        events.note(session, review_id=here.effect.review_id, kind="appraisal.judged", subject=f"appraisal:{here.place.id}",
                    data={"domain": domain_id, "number": row.number}, at=now)
        return Judged(row.number, is_new=True)


def _same(latest: AppraisalJudgementRow, form: JudgementForm, suggested: str) -> bool:
    return (latest.judgement, latest.reason, latest.direction, latest.suggested) == (form.judgement, form.reason, form.direction, suggested)


def _check(here: Seat, now_stands: Standing, domain_id: str, form: JudgementForm, suggested: str) -> None:
    domain = here.rules.domain(domain_id)
    if domain is None and domain_id != OVERALL:
        raise NotFoundError(f"{here.rules.tool_name} has no domain {domain_id} for this design.")
    if domain is not None and now_stands.missing[domain.id]:
        raise InvalidInputError(f"Not answered yet: {', '.join(now_stands.missing[domain.id])}. A blank is not taken for “no information”.")
    if domain is None and (open_ := [one.id for one in here.rules.domains if not _is_judged(now_stands, one)]):
        raise InvalidInputError(f"Judge these first: {', '.join(open_)}.")
    if form.judgement not in here.rules.judgements:
        raise InvalidInputError(f"Choose a judgement: {', '.join(here.rules.judgements)}.")
    if form.judgement != suggested and not form.reason:
        raise InvalidInputError(f"The answers suggest “{suggested}”. Say why it is “{form.judgement}”." if suggested else
                                f"Nothing is suggested here. Say why it is “{form.judgement}”.")


def _is_judged(now_stands: Standing, domain: Domain) -> bool:
    return domain.id in now_stands.judgements and domain.id not in now_stands.stale and not now_stands.missing[domain.id]
