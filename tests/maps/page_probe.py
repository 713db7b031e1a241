"""The map pages in a real browser engine, in a process of their own; prints what it saw as one JSON object. See test_pages_real.py."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")  # Chromium refuses to run as root otherwise

from PySide6.QtCore import QElapsedTimer, QEventLoop, QPoint, Qt, QTimer, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineUrlRequestInfo, QWebEngineUrlRequestInterceptor
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

from maps import demo
from maps.live_events import AlertClicked, DroneClicked, GroundClicked, MapEvent, events_of
from maps.live_page import (
    KEEP,
    AlertMark,
    Changes,
    DroneMark,
    apply_call,
    fit_call,
    page_fragment,
    pan_call,
    write_live_page,
)
from maps.report_map import PointRow, report_map
from maps.style import PALETTES, Theme

PATIENCE_MS = 60_000
HERE = (40.7527, -73.9812)
IS_ZOOMING = "document.querySelector('.leaflet-zoom-anim') !== null"


class Requests(QWebEngineUrlRequestInterceptor):
    """Notes every request that is not the page's own file."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:  # noqa: N802  Qt's name
        """Qt's, on its own thread."""
        if info.requestUrl().scheme() not in {"file", "data"}:
            self.outside.append(info.requestUrl().toString())


class Page(QWebEnginePage):
    """Keeps what the page's scripts complain about."""

    def __init__(self, parent: QWebEngineView) -> None:
        super().__init__(parent)
        self.complaints: list[str] = []

    def javaScriptConsoleMessage(  # noqa: N802  Qt's name
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        """Qt's."""
        if level == QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel:
            self.complaints.append(f"{line}: {message}")


class Browser:
    """One window with a page in it."""

    def __init__(self) -> None:
        self.view = QWebEngineView()
        self.page = Page(self.view)
        self.requests = Requests()
        self.page.setUrlRequestInterceptor(self.requests)
        self.view.setPage(self.page)
        self.view.resize(828, 592)
        self.view.show()

    def load(self, file: Path, fragment: str = "") -> None:
        loop = QEventLoop()
        self.view.loadFinished.connect(loop.quit)
        address = QUrl.fromLocalFile(str(file))
        if fragment:
            address.setFragment(fragment)
        self.view.load(address)
        QTimer.singleShot(PATIENCE_MS, loop.quit)
        loop.exec()

    def run(self, script: str) -> object:
        loop, answers = QEventLoop(), []

        def answered(answer: object) -> None:
            answers.append(answer)
            loop.quit()

        self.page.runJavaScript(script, 0, answered)
        QTimer.singleShot(PATIENCE_MS, loop.quit)
        loop.exec()
        return answers[0] if answers else None

    def say(self, call: str) -> list[MapEvent]:
        return events_of(self.run(call))

    def resize(self, width: int, height: int) -> bool:
        """Give the window another size; whether the page has it too."""
        self.view.resize(width, height)
        return self.until(lambda: self.run("map_kestrel.getSize().x") == width)

    def stats(self) -> dict[str, object]:
        stats: dict[str, object] = json.loads(str(self.run("window.kestrel ? kestrel.stats() : '{}'")) or "{}")
        return stats

    def until(self, what: Callable[[], bool]) -> bool:
        timer = QElapsedTimer()
        timer.start()
        while not what():
            if timer.elapsed() > PATIENCE_MS:
                return False
            QTest.qWait(20)
        return True

    def colours(self) -> set[str]:
        picture = self.view.grab().toImage()
        return {
            picture.pixelColor(x, y).name().upper()
            for x in range(0, picture.width(), 3)
            for y in range(0, picture.height(), 3)
        }

    def shows(self, *colours: str) -> bool:
        return self.until(lambda: {colour.upper() for colour in colours} <= self.colours())

    def click_until(self, x: int, y: int, wanted: type) -> list[MapEvent]:
        """Click once at a place of the page and wait for an event of that kind; all that came with it."""
        target = self.view.focusProxy() or self.view
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
        seen: list[MapEvent] = []

        def came() -> bool:
            seen.extend(self.say(apply_call(Changes())))
            return any(isinstance(event, wanted) for event in seen)

        self.until(came)
        return seen


def live_page_seen(browser: Browser, folder: Path) -> dict[str, object]:
    """The live page with three drones, an alert, a click on each kind of thing, and every theme."""
    browser.load(write_live_page(folder))
    ready = browser.until(lambda: browser.stats().get("waiting_tiles") == 0)
    browser.say(pan_call(*HERE, 15))
    browser.say(
        apply_call(
            Changes(
                drones=[
                    DroneMark("nyc-01", *HERE, 29.0),
                    DroneMark("nyc-02", HERE[0] + 0.003, HERE[1], 119.0, "stale", 9.0),
                    DroneMark("nyc-03", HERE[0], HERE[1] + 0.004, 0.0, "lost", 134.0),
                ],
                alerts=[AlertMark("alert-1", HERE[0] - 0.003, HERE[1] + 0.003)],
                selection=KEEP,
                smooth=False,
                reset=True,
            )
        )
    )
    drawn = browser.until(lambda: browser.stats().get("marks") == 4 and browser.stats().get("zoom") == 15)
    day = PALETTES[Theme.DAY]
    seen: dict[str, object] = {"ready": ready, "drawn": drawn}
    seen["day_is_shown"] = browser.shows(day.land, day.main_street, day.drone, day.must_decide)
    middle = (browser.view.width() // 2, browser.view.height() // 2)
    seen["click_on_drone"] = [
        e.drone_id for e in browser.click_until(*middle, DroneClicked) if isinstance(e, DroneClicked)
    ]
    where = json.loads(
        str(browser.run(f"JSON.stringify(map_kestrel.latLngToContainerPoint([{HERE[0] - 0.003}, {HERE[1] + 0.003}]))"))
    )
    at = (round(where["x"]), round(where["y"]))
    seen["click_on_alert"] = [e.alert_id for e in browser.click_until(*at, AlertClicked) if isinstance(e, AlertClicked)]
    ground = browser.click_until(60, 200, GroundClicked)
    seen["click_on_ground"] = sum(isinstance(e, GroundClicked) for e in ground)
    for theme in (Theme.NIGHT, Theme.CONTRAST):
        browser.say(apply_call(Changes(theme=theme)))
        seen[f"{theme}_is_shown"] = browser.shows(PALETTES[theme].land, PALETTES[theme].drone)
    browser.say(apply_call(Changes(removed=["nyc-02", "nyc-03"], alerts=[])))
    seen["left_after_removal"] = browser.stats()["drones"]
    return seen


def names_seen(browser: Browser) -> dict[str, object]:
    """Where the name of a lost drone stands whose place has the credit line to its right; the line's own box as the control."""
    place = "(() => { const box = document.querySelector('.leaflet-control-attribution').getBoundingClientRect();"
    box = json.loads(
        str(browser.run(f"{place} return JSON.stringify([box.left, box.top, box.right, box.bottom]); }})()"))
    )
    beside = f"{place} const at = map_kestrel.containerPointToLatLng([box.left - 4, box.top + box.height / 2]);"
    lat, lon = json.loads(str(browser.run(f"{beside} return JSON.stringify([at.lat, at.lng]); }})()")))
    browser.say(apply_call(Changes(drones=[DroneMark("nyc-77", lat, lon, 0.0, "lost", 50.0)], reset=True)))
    browser.until(lambda: bool(browser.stats().get("names")))
    return {"credit_box": box, "names_beside_the_credit": browser.stats().get("names")}


def start_zooming(browser: Browser) -> None:
    """Return while the map glides from one zoom to the next."""
    browser.run("map_kestrel.setView([40.70, -73.98], 12, { animate: false }); 0")
    browser.run("map_kestrel.setZoom(13, { animate: true }); 0")
    browser.until(lambda: bool(browser.run(IS_ZOOMING)))


def moves_seen(browser: Browser) -> dict[str, object]:
    """Fit, and a move that is asked for while the map is between two zooms."""
    far = [DroneMark(f"nyc-{n:03d}", 40.60 + n * 0.0002, -73.98, 0.0) for n in range(1000)]
    browser.say(apply_call(Changes(drones=far, reset=True)))
    browser.say(fit_call(None))
    crowd = browser.until(lambda: int(str(browser.stats().get("discs") or 0)) > 0)
    lost = [DroneMark(f"nyc-{n:03d}", 40.60 + n * 0.0002, -73.98, 0.0, "lost", 60.0) for n in range(0, 1000, 100)]
    browser.say(apply_call(Changes(drones=lost)))
    told = browser.until(lambda: int(str(browser.stats().get("lost_in_discs") or 0)) == len(lost))
    start_zooming(browser)
    browser.run(f"map_kestrel.setView([{HERE[0]}, {HERE[1]}], 16); 0")  # control: Leaflet alone drops it
    browser.until(lambda: not browser.run(IS_ZOOMING))
    dropped = browser.stats().get("zoom") != 16
    start_zooming(browser)
    browser.say(pan_call(*HERE, 16))
    arrived = browser.until(lambda: browser.stats().get("zoom") == 16)
    browser.say(apply_call(Changes(reset=True)))
    return {
        "crowd_is_gathered": crowd,
        "lost_drones_of_a_crowd_are_told": told,
        "move_between_zooms_arrives": arrived,
        "control_move_is_dropped": dropped,
        "left_after_reset": browser.stats()["drones"],
    }


def sizes_seen(browser: Browser) -> dict[str, object]:
    """What was asked for while the page was small, when it has its size; and the same after a hand was on the map."""
    whole = (browser.view.width(), browser.view.height())
    far = [DroneMark(f"nyc-{n}", 40.70 + n * 0.01, -73.98, 0.0) for n in range(8)]
    browser.say(apply_call(Changes(drones=far, reset=True)))
    browser.say(fit_call(None))
    zoom_of_the_whole = browser.stats()["zoom"]
    seen: dict[str, object] = {}
    for name, by_hand in (("fit_when_small", False), ("fit_when_small_then_a_hand", True)):
        became_small = browser.resize(160, 120)
        browser.say(fit_call(None))
        small = browser.stats()["zoom"]
        if by_hand:
            browser.click_until(20, 20, GroundClicked)
        became_whole = browser.resize(*whole)
        grown = browser.stats()["zoom"]
        seen[name] = {"sizes": became_small and became_whole, "zooms": [small, grown, zoom_of_the_whole]}
    return seen


def themes_seen(browser: Browser, folder: Path) -> dict[str, object]:
    """The page in the theme of its address, before anybody said a word to it."""
    night, day = PALETTES[Theme.NIGHT], PALETTES[Theme.DAY]
    browser.load(write_live_page(folder), page_fragment(Theme.NIGHT))
    shown = browser.shows(night.land, night.water)
    return {"begins_at_night": shown and day.land.upper() not in browser.colours() and browser.stats()["theme"]}


def report_seen(browser: Browser, folder: Path) -> dict[str, object]:
    """A report map with every layer, opened from disk; and one whose texts try to break out."""
    file = folder / "report.html"
    file.write_text(demo.example_report_html(), encoding="utf-8")
    browser.load(file)
    ink = PALETTES[Theme.DAY].water
    seen: dict[str, object] = {
        "report_is_shown": browser.shows(ink) and browser.until(lambda: len(browser.colours()) > 30)
    }
    evil = "<img src=http://127.0.0.1:9/x onerror=\"document.title='broken'\">{{ 7*7 }}"
    file.write_text(
        report_map(evil, points=[PointRow(*HERE, evil)], value_words=evil, precinct_values={14: 1.0}), encoding="utf-8"
    )
    browser.load(file)
    browser.run("map_kestrel.eachLayer((layer) => layer.getTooltip && layer.getTooltip() && layer.openTooltip())")
    QTest.qWait(200)
    seen["title_stays_text"] = browser.run("document.title")
    seen["pictures"] = browser.run("document.images.length")
    seen["eval_is_forbidden"] = browser.run(
        "(() => { try { return new Function('return 1')(); } catch (e) { return e.name; } })()"
    )
    return seen


def main(folder: Path) -> dict[str, object]:
    """Everything the tests ask for."""
    app = QApplication(["probe"])
    browser = Browser()
    seen = live_page_seen(browser, folder) | names_seen(browser) | moves_seen(browser)
    seen["live_page_complaints"] = list(browser.page.complaints)
    seen |= report_seen(browser, folder)
    # control: the interceptor does see a request when a page makes one
    seen["outside_requests"] = list(browser.requests.outside)
    browser.page.setHtml("<img src='http://127.0.0.1:9/control.png'>", QUrl("http://127.0.0.1:9/"))
    seen["control_request_is_seen"] = browser.until(lambda: any("control" in u for u in browser.requests.outside))
    browser.view.close()
    browser.view.deleteLater()
    second = Browser()  # one that knows nothing yet: to another fragment of a page that is there is no loading
    seen |= themes_seen(second, folder) | sizes_seen(second)
    second.view.close()
    second.view.deleteLater()
    app.processEvents()
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the engine's own teardown is noisy and no part of what is tested
