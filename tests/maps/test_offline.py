"""Pages carry everything they need, and forbid the browser to fetch or run anything else."""

import base64
import hashlib
import re

import pytest

from maps import demo, offline
from maps.live_page import PageOptions, live_page_html
from maps.report_map import report_map
from maps.style import Theme

PAGES = {
    "live": lambda: live_page_html(PageOptions()),
    "demo": lambda: demo.demo_page_html(5, Theme.NIGHT),
    "report": demo.example_report_html,
    "empty report": lambda: report_map("Nothing"),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return PAGES[name]()


def markup_of(page: str) -> str:
    """The page without the insides of its scripts and styles: what a browser would fetch by itself."""
    return re.sub(r"(<(script|style)[^>]*>).*?</\2>", r"\1</\2>", page, flags=re.DOTALL)


def test_no_element_of_a_page_points_outside(page: str) -> None:
    markup = markup_of(page)

    assert not re.search(r"<(link|img|iframe|object|embed|base)\b", markup, re.IGNORECASE)
    assert not re.search(r"\b(src|href)\s*=", markup, re.IGNORECASE)
    assert not re.search(r"https?://", markup)


def test_no_style_of_a_page_fetches_anything(page: str) -> None:
    for style in re.findall(r"<style>(.*?)</style>", page, re.DOTALL):
        assert "@import" not in style
        assert not re.search(r"url\((?!data:)", style)


def test_the_policy_forbids_everything_but_the_scripts_inside(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert "default-src 'none'" in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert "'unsafe-inline'" not in policy[1].split("script-src")[1].split(";")[0]
    for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy[1]


def test_the_control_page_with_folium_alone_does_point_outside() -> None:
    import folium

    plain: str = folium.Map(location=[40.7, -74.0]).get_root().render()

    assert re.search(r"\b(src|href)\s*=\s*\"https://", markup_of(plain))


def test_data_can_neither_end_its_element_nor_open_one() -> None:
    text = offline.json_for_html({"label": "</script><script>alert(1)</script>\u2028"})

    assert "<" not in text
    assert "\u2028" not in text


def test_a_script_that_would_end_its_own_element_is_refused() -> None:
    target = offline.OfflineMap(location=[40.7, -74.0], min_zoom=9, max_zoom=18)

    with pytest.raises(ValueError, match="end of a script"):
        offline.add_script(target, "'</script>'", "bad")


def test_zoom_limits_reach_leaflet() -> None:
    page = live_page_html(PageOptions())

    assert '"minZoom": 10' in page
    assert '"maxZoom": 18' in page
