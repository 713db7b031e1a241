"""folium without the network: its page with our own copies of Leaflet, fonts and scripts inside, and a policy that forbids the rest.

folium's own scripts and styles (jQuery, Bootstrap, icons, tiles) come from eleven addresses on the internet; a map in a
closed network stays blank. OfflineMap carries everything in the page itself. `page_html` closes the door behind it: a
content security policy that names each script by its SHA-256, so nothing else can run or be fetched.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import folium
from branca.element import Element, Figure
from jinja2 import Template

ASSETS = Path(__file__).parent / "assets"

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ELEMENT_ID = re.compile(r"_[0-9a-f]{32}(?![0-9a-f])")
_CSS_URL = re.compile(r"url\((?!data:)[^)]*\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class OfflineMap(folium.Map):
    """A folium map that takes nothing from the network: no tiles, Leaflet inside the page, our fonts and frame."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium reads these two as class attributes
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, min_zoom: int, max_zoom: int, **options: Any) -> None:
        super().__init__(tiles=None, font_size="12px", **options)
        self.options |= {"min_zoom": min_zoom, "max_zoom": max_zoom}  # folium hands its own two to the tiles only
        self.starts: list[str] = []
        # WORKAROUND: folium names the map by a random id; a fixed one gives the same page each time.
        self._id = "kestrel"
        add_style(self, asset("vendor/leaflet/leaflet.css"), "leaflet")
        add_style(self, font_style() + asset("page/page.css"), "frame")
        add_script(self, asset("vendor/leaflet/leaflet.js"), "leaflet")

    def render(self, **kwargs: Any) -> str:
        """Let folium write its script first, then ours, which needs the map to be there."""
        text: str = super().render(**kwargs)  # type: ignore[no-untyped-call]  # folium ships no types for it
        for number, start in enumerate(self.starts):
            _figure(self).script.add_child(Verbatim(f"\n{start}\n"), name=f"start_{number}")
        return text


class Verbatim(Element):
    """Text that goes into the page as it is; branca would read braces in it as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def asset(name: str) -> str:
    """The text of a file in maps/assets, without what would make a browser fetch something."""
    text = (ASSETS / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    if name.endswith(".css"):
        return _CSS_URL.sub("none", text)  # pictures of controls we do not use
    return _SOURCE_MAP.sub("", text)


def font_style() -> str:
    """The Inter typeface (OFL 1.1) as a data address: a page opened from disk may not load a file beside it."""
    data = base64.b64encode((ASSETS / "vendor/inter/inter-latin-wght-normal.woff2").read_bytes()).decode()
    return (
        "@font-face { font-family: Inter; font-weight: 100 900; font-display: swap;"
        f" src: url(data:font/woff2;base64,{data}) format('woff2'); }}\n"
    )


def add_style(target: folium.Map, css: str, name: str) -> None:
    """Put a style sheet into the page's head."""
    _figure(target).header.add_child(Verbatim(f"<style>{css}</style>"), name=f"style_{name}")


def add_script(target: folium.Map, script: str, name: str) -> None:
    """Put a script into the page's head. Raises ValueError when it would end its own element."""
    if "</script" in script:
        raise ValueError(f"script {name} contains the end of a script element")
    _figure(target).header.add_child(Verbatim(f"<script>{script}</script>"), name=f"script_{name}")


def add_data(target: folium.Map, data: object, element_id: str) -> None:
    """Put data into the page as JSON that no browser runs; a script reads it by `element_id`."""
    text = json_for_html(data)
    _figure(target).header.add_child(
        Verbatim(f'<script type="application/json" id="{element_id}">{text}</script>'), name=f"data_{element_id}"
    )


def add_start(target: OfflineMap, call: str) -> None:
    """Run `call` after folium has made the map."""
    target.starts.append(call)


def json_for_html(data: object) -> str:
    """JSON that can neither end its element nor open another. Raises ValueError for numbers that are not finite."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page_html(target: folium.Map, title: str) -> str:
    """The whole page as text, with a policy under which only the scripts that are in it now can run."""
    figure = _figure(target)
    figure.title = html.escape(title)
    page = _steady(figure.render())
    hashes = sorted({_sha256(script) for script in _SCRIPT.findall(page)})
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return page.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def _steady(page: str) -> str:
    """folium names its elements with random numbers; here they are counted, so that the same rows make the same bytes."""
    names: dict[str, str] = {}
    return _ELEMENT_ID.sub(lambda found: names.setdefault(found[0], f"_{len(names) + 1:032x}"), page)


def _sha256(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _figure(target: folium.Map) -> Figure:
    figure = target.get_root()
    assert isinstance(figure, Figure)  # folium.Map makes one for itself
    return figure
