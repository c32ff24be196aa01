"""A page in the system's Chromium, with everything that it says or asks for written down."""

import contextlib
import os

from playwright.sync_api import sync_playwright


@contextlib.contextmanager
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("MMDIT_CHROMIUM", "/usr/bin/chromium"),
            # Containers have no user namespaces for the sandbox; the pages are our own.
            args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Opened:
    """A page that was opened from a file, at a width, in a colour scheme."""

    def __init__(self, chromium, path, width=1280, height=900, scheme="light"):
        self.context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme,
            reduced_motion="reduce")
        self.page = self.context.new_page()
        self.address = path.resolve().as_uri()
        self.messages = []
        self.requests = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(self.address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    @property
    def foreign_requests(self):
        """What it asked for besides itself and what it carries."""
        return [
            url for url in self.requests
            if not url.startswith("data:") and url.partition("#")[0] != self.address]

    def overflow(self):
        """How many pixels wider than the window it is."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def cut_off(self):
        """Texts that are wider than what holds them, where nothing scrolls or shortens them."""
        return self.page.evaluate("""() => [...document.querySelectorAll(
            'h1,h2,h3,p,button,dt,dd,figcaption,summary,label')]
          .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1
            && getComputedStyle(e).display !== 'inline')
          .map((e) => e.textContent.slice(0, 60))""")

    def pale_texts(self):
        """Texts whose contrast to what lies behind them is below 4.5 (WCAG 2.2, 1.4.3)."""
        return self.page.evaluate("""() => {
          const luminance = (rgb) => rgb.map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
          const behind = (e) => {
            for (; e; e = e.parentElement) {
              const color = numbers(getComputedStyle(e).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
            }
            return [255, 255, 255];
          };
          const seen = new Set();
          for (const e of document.querySelectorAll(
            'h1,h2,h3,p,a,button,td,th,small,dt,dd,summary,.badge,.muted,figcaption,label,code')) {
            if (!e.offsetParent || e.closest('.heat tbody td') || e.disabled) continue;
            const [a, b] = [numbers(getComputedStyle(e).color), behind(e)].map(
              (c) => luminance(c.slice(0, 3)));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) seen.add(`${e.tagName} ${e.className}: ${ratio.toFixed(2)}`);
          }
          return [...seen];
        }""")

    def overlapping_labels(self):
        """Pairs of texts in a drawing that lie on each other."""
        return self.page.evaluate("""() => {
          const found = [];
          for (const svg of document.querySelectorAll('figure svg')) {
            const texts = [...svg.querySelectorAll('text')].map((t) => [t, t.getBoundingClientRect()]);
            texts.forEach(([a, r], i) => texts.slice(i + 1).forEach(([b, s]) => {
              const w = Math.min(r.right, s.right) - Math.max(r.left, s.left);
              const h = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
              if (w > 1 && h > 3) found.push(`${a.textContent} / ${b.textContent}`);
            }));
          }
          return found;
        }""")
