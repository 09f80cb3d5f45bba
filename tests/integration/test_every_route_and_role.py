"""Every address of the web with every role, own and other review, every purpose of a link: who gets in, and who changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest

from bot import access
from db.people import ROLES
from tests.asgi import Answer
from tests.fixtures_attack import ACTIONS, OTHER, PURPOSES, SLUG, Target, attacked, filled
from tests.fixtures_demo import Played

pytestmark = pytest.mark.xdist_group("demo")
# Addresses that need no link and no session, and those that a session opens. Whoever adds an address says here what it is.
PUBLIC = {"/", "/livez", "/readyz", "/reviews/{slug}", "/reviews/{slug}/studies", "/reviews/{slug}/subscribe", "/reviews/{slug}/feed.atom",
          "/reviews/{slug}/feed.json", "/reviews/{slug}/bulletins", "/reviews/{slug}/compare", "/about", "/sign-in"}
ON_THIS_MACHINE = {"/metrics", "/mail", "/mail/{name}", "/mail/{name}/html", "/mail/{name}/{cid}"}
BY_SESSION = {"/team", "/team/{slug}", "/team/{slug}/invite", "/team/{slug}/leave", "/team/{slug}/files/{name}", "/sign-out"}
MOST_IDS = 6


@pytest.fixture(scope="module")
def target(played_on_sqlite: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    yield from attacked(played_on_sqlite.home, tmp_path_factory.mktemp("attacked"))


def _ask(target: Target, method: str, address: str, *, headers: Mapping[str, str] | None = None) -> Answer:
    body = b"verdict=include&answer=same&choice=sign&decision=keep&reason=r&version=0&text=t" if method == "POST" else b""
    given = dict(headers or {}) | ({"content-type": "application/x-www-form-urlencoded"} if body else {})
    return target.browser().request(method, address, body=body, headers=given, follow_redirects=False)


def _by_link(target: Target) -> list[tuple[str, str, str]]:
    """Return (method, pattern, purpose) of every address that a link opens."""
    found = []
    for method, pattern in target.routes():
        # HEAD is served by what serves GET.
        if "{token}" in pattern and method != "HEAD":
            kinds = ("a", "x", "v") if pattern.startswith("/{kind}") else (pattern.split("/")[1],)
            found += [(method, pattern.replace("{kind}", kind), PURPOSES[kind]) for kind in kinds]
    return found


def test_every_address_is_public_or_behind_a_link_or_a_session(target: Target) -> None:
    known = PUBLIC | BY_SESSION | ON_THIS_MACHINE
    for _, pattern in target.routes():
        assert pattern in known or "{token}" in pattern or pattern.startswith("/reviews/{slug}/bulletins/"), pattern
    assert {purpose for *_, purpose in _by_link(target)} == set(PURPOSES.values())


def test_a_link_opens_the_addresses_of_its_purpose_and_no_other(target: Target) -> None:
    links_ = {purpose: target.token(purpose, target.people["editor"]) for purpose in ACTIONS}
    before = target.state()
    asked = 0
    for method, pattern, purpose in _by_link(target):
        for other, token in links_.items():
            if other != purpose:
                answer = _ask(target, method, filled(pattern, token))
                assert answer.status_code in (403, 429), (method, pattern, other, answer.status_code)
                asked += 1
        for wrong in ("A" * 43, "..%2f..%2fetc"):
            assert _ask(target, method, filled(pattern, wrong)).status_code in (403, 404, 405, 429), (method, pattern, wrong)
    assert asked > 400
    assert target.state() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_link_opens_nothing_for_a_role_that_may_not_do_what_it_is_for(target: Target, role: str) -> None:
    refused = [purpose for purpose, action in ACTIONS.items() if action and not access.may(role, action)]
    links_ = {purpose: target.token(purpose, target.people[role]) for purpose in refused}
    before = target.state()
    for method, pattern, purpose in _by_link(target):
        if purpose in links_:
            answer = _ask(target, method, filled(pattern, links_[purpose]))
            assert answer.status_code == 403, (role, method, pattern, answer.status_code)
    assert target.state() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_link_opens_its_pages_for_a_role_that_may(target: Target, role: str) -> None:
    for purpose, action in ACTIONS.items():
        if purpose not in ("extract", "verify", "appraise", "sign_in") and (not action or access.may(role, action)):
            pattern = next(pattern for method, pattern, of in _by_link(target) if of == purpose and method == "GET" and pattern.count("/") == 2)
            assert _ask(target, "GET", filled(pattern, target.token(purpose, target.people[role]))).status_code == 200, (role, purpose)


@pytest.mark.parametrize("role", ROLES)
def test_numbers_of_another_review_are_none_for_who_belongs_elsewhere(target: Target, role: str) -> None:
    """The links are of the other review; the numbers in the addresses are those of rows of this one."""
    allowed = {purpose: target.token(purpose, target.foreign[role], foreign=True) for purpose, action in ACTIONS.items()
               if purpose not in ("sign_in", "interests") and access.may(role, action)}
    before = target.state()
    for method, pattern, purpose in _by_link(target):
        numbers = range(1, MOST_IDS) if pattern.count("{") > 1 else (1,)
        # How long one is away names no row.
        for number in numbers if purpose in allowed and not pattern.endswith("/away") else ():
            answer = _ask(target, method, filled(pattern, allowed[purpose], number))
            assert answer.status_code < 500, (method, pattern, answer.status_code)
            if method == "POST":
                assert answer.status_code != 303, (role, pattern, number)
    assert target.state() == before


@pytest.mark.parametrize("role", [*ROLES, "foreign", "nobody"])
def test_a_session_opens_the_own_review_as_the_role_allows(target: Target, role: str) -> None:
    person = target.foreign["editor"] if role == "foreign" else target.people.get(role)
    cookie = target.session_of(person) if person else {"cookie": "perennial=" + "x" * 43}
    member, before = role in ROLES, target.state()
    expected = {
        ("GET", "/team"): 200 if person else 303,
        ("GET", f"/team/{SLUG}"): 200 if member else 403 if person else 303,
        ("GET", f"/team/{SLUG}/files/effects.csv"): (200 if access.may(role, "export") else 403) if person else 303,
        ("POST", f"/team/{SLUG}/invite"): 422 if role == "editor" else 403,
        ("POST", f"/team/{SLUG}/leave"): 303 if role == "editor" else 403,
    }
    for (method, address), status in expected.items():
        assert _ask(target, method, address, headers=cookie).status_code == status, (role, method, address)
        if method == "GET":
            assert _ask(target, "HEAD", address, headers=cookie).status_code == status, (role, address)
    assert target.state() == before


def test_forms_that_a_session_sends_are_refused_from_another_site(target: Target) -> None:
    cookie, link = target.session_of(target.people["editor"]), target.token("sign_in", target.people["reviewer"])
    before = target.state()
    posts = [filled(pattern) for method, pattern in target.routes() if method == "POST" and pattern in BY_SESSION] + [f"/in/{link}"]
    assert len(posts) == 4
    for address, said in itertools.product(posts, ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "null"},
                                                    {"origin": "https://evil.example"})):
        assert _ask(target, "POST", address, headers=cookie | said).status_code == 403, (address, said)
    assert target.state() == before


def test_mails_and_numbers_of_the_site_are_shown_on_this_machine_alone(target: Target) -> None:
    for pattern in ON_THIS_MACHINE:
        assert _ask(target, "GET", filled(pattern)).status_code == 404, pattern


def test_a_method_that_an_address_does_not_take_is_refused(target: Target) -> None:
    for method, (_, pattern) in itertools.product(("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"), target.routes()):
        assert _ask(target, method, filled(pattern, "A" * 43)).status_code in (404, 405), (method, pattern)


def test_another_review_of_the_site_shows_nothing_of_this_one(target: Target) -> None:
    browser = target.browser()
    for address in (f"/reviews/{OTHER}", f"/reviews/{OTHER}/bulletins", f"/reviews/{OTHER}/feed.json", f"/reviews/{OTHER}/studies"):
        answer = browser.get(address)
        assert answer.status_code == 200 and "Sebela" not in answer.text, address
    assert browser.get(f"/reviews/{OTHER}/bulletins/1").status_code == 404
