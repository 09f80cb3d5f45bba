"""The shipped example, BCG against tuberculosis, through a whole month: risk ratios, one person who judges, other outcomes and sources.

Nothing of the first review may be hard-wired. Numbers: dat.bcg of metadat; what its pooling gives is held to tests/reference by the unit tests.
"""

from __future__ import annotations

import json
import math
import shutil

import pytest

from bot import jobs, paths
from bot.demo import material
from bot.demo.standins.eutils import EutilsStandIn
from bot.methods.synthesis.pooling import pool
from bot.new_review import from_example
from bot.web import create
from db import bulletins, estimates, reviews
from tests.asgi import Browser
from tests.faults.month import month

SLUG = "bcg-vaccine"
# Events and totals of the seven randomised trials of dat.bcg: Aronson, Ferguson, Rosenthal 1960, Hart, Vandiviere, Madras, Coetzee.
RANDOMISED = [(4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867), (8, 2545, 10, 629), (505, 88391, 499, 88391),
              (29, 7499, 45, 7277)]


@pytest.fixture(scope="module")
def month_of_bcg(tmp_path_factory):
    home = tmp_path_factory.mktemp("bcg")
    made = from_example(SLUG, home=home)
    protocol = made.folder / "protocol.toml"
    text = protocol.read_text(encoding="utf-8").replace("quiet_from = 20", "quiet_from = 8")
    protocol.write_text(text.replace('quiet_weekdays = ["saturday", "sunday"]', "quiet_weekdays = []"), encoding="utf-8")
    shutil.copy(made.folder / "demo" / "new.csv", home / "known.csv")
    (home / "keys").mkdir()
    (home / "keys" / "link-0001.key").write_bytes(b"k" * 32)
    with EutilsStandIn(material.for_eutils(material.citations(paths.examples() / SLUG / "demo"))) as eutils:
        with pytest.MonkeyPatch.context() as patch:
            # The month lets nothing be put off; the worker of other tests does.
            patch.setattr(jobs, "_guarded", jobs._guarded)
            one = month(home, f"sqlite:///{home / 'perennial.sqlite'}", eutils.address, slug=SLUG)
            one.play()
        yield one


def test_the_month_ends_with_a_bulletin_that_pools_risk_ratios_of_the_randomised_trials(month_of_bcg):
    with month_of_bcg.app.database.reading() as session:
        review = reviews.review_by_slug(session, SLUG)
        published = bulletins.published(session, review.id)
        lead = next(row for row in estimates.latest_estimates(session, review.id) if row.outcome == "tuberculosis")
    ratios = [math.log((a / m) / (c / n)) for a, m, c, n in RANDOMISED]
    variances = [1 / a - 1 / m + 1 / c - 1 / n for a, m, c, n in RANDOMISED]
    expected = pool(yi=ratios, vi=variances)
    assert len(published) == 1 and lead.k == 7
    assert lead.result["estimate"] == pytest.approx(expected.estimate, abs=1e-12)


def test_the_bulletin_speaks_of_ratios_and_not_of_standardised_differences_or_the_first_review(month_of_bcg):
    web = Browser(create(month_of_bcg.app), host="127.0.0.1", client="127.0.0.1")
    page = web.get(f"/reviews/{SLUG}/bulletins/1").text
    content = json.loads(web.get(f"/reviews/{SLUG}/bulletins/1/bulletin.json").text)
    assert "risk ratio" in page.lower() and "tuberculosis" in page.lower()
    assert "SMD" not in page and "standardised mean" not in page.lower() and "peer support" not in page.lower() and "Croke" not in page
    assert "PHQ" not in json.dumps(content)
