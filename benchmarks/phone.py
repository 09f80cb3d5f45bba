"""How soon a reader with a slow phone sees a page: a real Chromium whose processor is four times slower, on 1.6 Mbit/s with 150 ms of delay.

These are Lighthouse's limits for mobile phones ("slow 4G"). --folder is a demonstration that came to its end; a visit knows nothing of the last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

from benchmarks.pages import PAGES, served

SLOWER, DELAY_MS, DOWN, UP = 4, 150, 1.6e6 / 8, 0.75e6 / 8
SCREEN = {"width": 390, "height": 844}
TIMES = """() => { const page = performance.getEntriesByType("navigation")[0], paint = performance.getEntriesByName("first-contentful-paint")[0];
    return {painted_ms: paint.startTime, usable_ms: page.domInteractive, bytes: page.transferSize}; }"""


def main(argv: list[str]) -> int:
    """Print when each page was painted and usable, and end with one JSON object: page → painted_ms, usable_ms (medians), bytes that came."""
    asked = argparse.ArgumentParser(prog="perennial bench phone", description=__doc__)
    asked.add_argument("--folder", type=Path, required=True)
    asked.add_argument("--visits", type=int, default=5)
    given = asked.parse_args(argv)
    from playwright.sync_api import sync_playwright

    with served(given.folder) as host, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        found = {name: _median([_visit(browser, f"http://{host}{path}") for _ in range(given.visits)])
                 for name, path in PAGES.items() if name != "api"}
        browser.close()
    for name, one in found.items():
        print(f"{name}: painted after {one['painted_ms']} ms, usable after {one['usable_ms']} ms, {one['bytes']:,} bytes")
    print(json.dumps({"pages": found, "visits": given.visits}))
    return 0


def _visit(browser: Any, address: str) -> dict[str, float]:
    context = browser.new_context(viewport=SCREEN)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions",
                  {"offline": False, "latency": DELAY_MS, "downloadThroughput": DOWN, "uploadThroughput": UP})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    times = page.evaluate(TIMES)
    context.close()
    return times


def _median(visits: list[dict[str, float]]) -> dict[str, int]:
    return {name: round(statistics.median(visit[name] for visit in visits)) for name in visits[0]}
