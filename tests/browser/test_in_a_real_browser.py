"""The pages and mails of the demonstration in Debian's Chromium: phone and desktop, light and dark, without JavaScript, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.demo.run import SLUG
from bot.web.server import Server, listen
from tests.fixtures_demo import Played
from tests.parts import CHROMIUM_OPTIONS, chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]
LINK = re.compile(r"https?://127\.0\.0\.1:\d+(/[^\s<>\"]*)")
PAGES = {
    "home": "/", "review": f"/reviews/{SLUG}", "archive": f"/reviews/{SLUG}/bulletins", "bulletin": f"/reviews/{SLUG}/bulletins/2",
    "studies": f"/reviews/{SLUG}/studies", "subscribe": f"/reviews/{SLUG}/subscribe", "missing": "/no/such/page", "mails": "/mail",
    "sign-in": "/sign-in", "differences": f"/reviews/{SLUG}/bulletins/2/against/1", "about": "/about",
}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(played_on_sqlite: Played) -> Iterator[str]:
    """The demonstration's site, served."""
    server = Server(played_on_sqlite.app, listen("127.0.0.1", 0))
    thread = server.start()
    yield server.address
    server.stop()
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def paths(played_on_sqlite: Played) -> dict[str, str]:
    """The pages that anybody can open, and one of each kind that a mail opens."""
    found = dict(PAGES)
    kinds = {"r": "round", "x": "extraction", "v": "verification", "a": "appraisal", "d": "interests", "c": "starting set", "q": "questions",
             "e": "signing", "s": "sign-up", "u": "leaving"}
    for mail in played_on_sqlite.mails():
        for path in LINK.findall(mail.get_body(("plain",)).get_content()):
            letter = path.split("/")[1]
            if letter in kinds and path.count("/") == 2:
                found.setdefault(kinds[letter], path.rstrip(".,)"))
    found |= {"record": found["round"] + "/1", "merges": found["questions"] + "/merged", "reports": found["questions"] + "/studies",
              "desk": found["questions"] + "/desk"}
    assert set(kinds.values()) <= set(found)
    return found


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (360, "dark"), (1280, "light")])
def test_no_page_is_wider_than_the_screen(site: str, browser: Any, paths: dict[str, str], width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, wide, refused = context.new_page(), {}, []
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
    for name, path in paths.items():
        page.goto(site + path)
        if (by := page.evaluate(OVERFLOW)) > 0:
            wide[name] = by
    context.close()
    assert (wide, refused) == ({}, [])


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_table_of_studies_is_sorted_and_searched_by_keyboard_alone(site: str, browser: Any, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1280, "height": 800})
    page, shown = context.new_page(), "table.sortable tbody tr:not([hidden]) th"
    page.goto(f"{site}{PAGES['studies']}")
    every = page.locator(shown).count()
    page.locator("thead a[data-column=year]").focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=ascending] a[data-column=year]").focus()
    page.keyboard.press("Enter")
    page.locator("th[aria-sort=descending] a[data-column=year]").wait_for()
    years = [int(text) for text in page.locator("table.sortable tbody tr td:nth-of-type(1)").all_inner_texts() if text.isdigit()]
    assert years == sorted(years, reverse=True) and page.locator(shown).count() == every and "sort=-year" in page.url
    page.locator("#sift-text").focus()
    page.keyboard.type("dean")
    if not script:
        page.keyboard.press("Enter")
        page.wait_for_url("**text=dean*")
    assert page.locator(shown).all_inner_texts() == ["Dean 2016"] and page.locator("#sifted").inner_text() == f"1 of {every} studies"
    assert "text=dean" in page.url and "sort=-year" in page.url
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(site: str, browser: Any, paths: dict[str, str], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page, found = context.new_page(), {}
    for name, path in paths.items():
        page.goto(site + path)
        violations = Axe().run(page).response["violations"]
        if violations:
            found[name] = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations]
    context.close()
    assert found == {}


def test_a_bulletins_pictures_show_and_say_what_they_show(site: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/reviews/{SLUG}/bulletins/2")
    page.evaluate("document.querySelectorAll('img[loading=lazy]').forEach(image => image.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    pictures = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt])")
    page.close()
    assert len(pictures) >= 5 and all(width > 100 and len(alt) > 20 for width, alt in pictures)
    assert [alt.split()[0] for _, alt in pictures].count("Forest") == 5 and "records identified 146" in pictures[-1][1]


def test_every_page_can_be_walked_by_keyboard_and_shows_where_one_is(site: str, browser: Any, paths: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(site + paths["subscribe"])
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"))
    page.close()
    assert any(tag == "INPUT" for tag, _ in seen) and any(tag == "BUTTON" for tag, _ in seen)
    assert all(style != "none" for tag, style in seen if tag in ("A", "INPUT", "BUTTON"))


def test_a_mails_html_shows_its_pictures(site: str, browser: Any, played_on_sqlite: Played) -> None:
    name = next(path.stem for path in (played_on_sqlite.home / "mailboxes" / "reader-patient@demo.invalid").glob("*.eml")
                if b"image/png" in path.read_bytes())
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/mail/{name}/html")
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    overflow = page.evaluate(OVERFLOW)
    page.close()
    assert widths and all(width > 100 for width in widths) and overflow <= 0
