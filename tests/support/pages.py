"""What holds on every page, asked of the page as the browser has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()

# Text that reaches out of the window, or out of a box that neither shows nor scrolls it.
CUT = """() => {
  const cut = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = words.nextNode());) {
    const text = node.data.trim(), holder = node.parentElement;
    if (!text || !holder.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (holder.closest(".sr, .visually-hidden, .skip, [aria-hidden=true], script, style, option, svg")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const words = range.getBoundingClientRect();
    if (!words.width) continue;
    let scrolls = false, box = holder;
    for (; box && box !== document.documentElement; box = box.parentElement) {
      const style = getComputedStyle(box), edge = box.getBoundingClientRect();
      if (style.position === "absolute" && style.clipPath !== "none") { scrolls = true; break; }
      if (/auto|scroll/.test(style.overflowX)) { scrolls = true; break; }
      if (style.overflowX !== "visible" && (words.right > edge.right + 1 || words.left < edge.left - 1)) break;
    }
    const outside = !scrolls && (words.right > innerWidth + 1 || words.left < -1);
    if (outside || (!scrolls && box && box !== document.documentElement)) cut.push(text.slice(0, 60));
  }
  return cut;
}"""


# What fades in has its colours only at the end; what turns for ever has no end.
STILL = """() => Promise.all(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished.catch(() => null)))"""


def violations(page: Page, only: str = "") -> list[str]:
    """What axe finds, by all of its rules or only by one: rule, place and reason, one line each."""
    page.emulate_media(reduced_motion="reduce")  # nor is anything that arrives now seen half faded in
    page.evaluate(f"async () => {{ await ({STILL})(); }}")
    asked = {"resultTypes": ["violations"], **({"runOnly": [only]} if only else {})}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    # Alone: what passes is a hundred times more, and would only be sent.
    found: list[dict[str, Any]] = page.evaluate("asked => axe.run(asked).then(found => found.violations)", asked)
    page.emulate_media(reduced_motion="null")
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary'].splitlines()[1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]


def cut(page: Page) -> list[str]:
    """Texts of which a part cannot be seen."""
    found: list[str] = page.evaluate(CUT)
    return found


def too_wide(page: Page) -> list[str]:
    """Empty, or what sticks out of the window's right side."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => `${e.tagName}.${e.getAttribute("class")}`).slice(0, 8)"""
    )
    return found


@contextmanager
def in_order(page: Page, url: str, *, refused: bool = False) -> Iterator[list[str]]:
    """Notes every error in the console, CSP's included, and every request to another host while the page is open.
    `refused`: the page itself is an error page, of which the browser tells too."""
    wrong: list[str] = []
    host = urlsplit(url).netloc

    def said(message: Any) -> None:
        if message.type == "error" and not (refused and "Failed to load resource" in message.text):
            wrong.append(f"{message.text} {message.location.get('url', '')}")

    def failed(error: Any) -> None:
        wrong.append(str(error))

    def asked(request: Any) -> None:
        if urlsplit(request.url).netloc not in (host, "") and not request.url.startswith("data:"):
            wrong.append(f"asks another host: {request.url}")

    events = {"console": said, "pageerror": failed, "request": asked}
    for name, heard in events.items():
        page.on(name, heard)  # type: ignore[call-overload]
    try:
        yield wrong
    finally:
        for name, heard in events.items():
            page.remove_listener(name, heard)
