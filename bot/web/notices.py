"""The neutral notice that pages carry at once when a report of a study was retracted. Computed as the page is served, over whatever is frozen
or signed: no bulletin, rating or signature holds it back. What it does to numbers: bot/steps/studies/retracted.py."""

from __future__ import annotations

from typing import Any

from bot.app import App
from bot.domain.notices import RETRACTION
from bot.steps.studies.tell_editor import of_studies
from db import bulletins, corrections, deposits, effects, notices, reviews
from db.session import Session

MAIN = b'<main id="main">'
CITE = b'<h2 id="cite">How to cite this</h2>\n'


def retractions(session: Session, review_id: int) -> list[dict[str, str]]:
    """Return what is to be said of each retracted report of a study: study, dated, link."""
    if not any(row.kind == RETRACTION for row in notices.all_notices(session, review_id)):
        return []
    used = {one.study_id for one in effects.effects_of(session, review_id)}
    return [{"study": study.label, "dated": row.dated, "link": row.where} for row, study in of_studies(session, review_id)
            if row.kind == RETRACTION and (study.state != "candidate" or study.id in used)]


def of_review(app: App, slug: str) -> list[dict[str, str]]:
    """Return the retractions of a review, none for one that has not begun."""
    with app.database.reading() as session:
        row = next((one for one in reviews.all_reviews(session) if one.slug == slug), None)
        return retractions(session, row.id) if row else []


def over(app: App, slug: str, number: int, page: bytes) -> bytes:
    """Return a bulletin's frozen page with what is to be said above it; the very bytes where nothing is."""
    told, wrong = of_review(app, slug), wrong_in(app, slug, number)
    page = _with_doi(app, slug, number, page)
    if not told and not wrong:
        return page
    before, found, after = page.partition(MAIN)
    shown = app.renderer.page("site/wrong.html", wrong=wrong, slug=slug) + app.renderer.page("site/notice.html", retractions=told, frozen=True)
    return before + found + shown.encode() + after if found else page


def _with_doi(app: App, slug: str, number: int, page: bytes) -> bytes:
    """Return a bulletin's page with the DOI that it got after it was frozen, above how to cite it."""
    doi = dois(app, slug).get(number)
    before, found, after = page.partition(CITE)
    return before + found + app.renderer.page("site/doi.html", doi=doi).encode() + after if doi and found else page


def dois(app: App, slug: str) -> dict[int, str]:
    """Return number → DOI of the bulletins of a review that were deposited."""
    with app.database.reading() as session:
        row = next((one for one in reviews.all_reviews(session) if one.slug == slug), None)
        return deposits.dois(session, row.id) if row else {}


def wrong_in(app: App, slug: str, number: int) -> list[dict[str, Any]]:
    """Return what editors said was wrong in a bulletin, each with the number of the bulletin that corrects it, None while none is out."""
    with app.database.reading() as session:
        review = reviews.review_by_slug(session, slug)
        said = [one.what for one in corrections.of_review(session, review.id) if one.number == number]
        later = {one["what"]: row.number for row in bulletins.published(session, review.id) for one in row.content.get("corrects", ())
                 if one["number"] == number} if said else {}
    return [{"what": what, "corrected_in": later.get(what)} for what in said]
