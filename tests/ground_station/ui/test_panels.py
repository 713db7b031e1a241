"""The panels show the snapshot and nothing else: alerts, chain, coding desk, fleet, log, pictures."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ground_station.ui import lower_panel
from ground_station.ui.chain_strip import LinkButton, PartsLabel
from ground_station.ui.fleet_table import BATTERY, HEARD, LINK, CellPainter
from ground_station.ui.hour_charts import unbroken
from ground_station.ui.look import Look
from ground_station.ui.picture_view import CAPTION_PX, TAP_ZOOM, EvidenceView
from ground_station.ui.pictures import Pictures
from ground_station.ui.sounds import FILE, two_tone
from ground_station.view_model.events import AlertCame, BridgeCame, LinkDown, PictureCame, TelemetryCame
from ground_station.view_model.intentions import Claim, SelectAlert, SelectDrone, SetFact
from ground_station.view_model.snapshot import PictureView
from ground_station.view_model.view import view
from messages.state import LinkState
from tests.ground_station.given import (
    NOON,
    a_bridge_status,
    a_telemetry,
    an_alert,
    an_id,
    claimed,
    seconds,
    with_picture,
)
from tests.ground_station.ui.conftest import Show


def a_png(width: int = 96, height: int = 54) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub says bytes, Qt wants text
    return bytes(buffer.data().data())


def test_a_retained_alert_is_a_card_and_is_reported_once_it_is_painted(show: Show, qtbot: QtBot) -> None:
    shown = show()
    assert shown.window.alerts.model.rowCount() == 0
    alert = an_alert(1)
    shown.rules.hears(AlertCame(alert))
    shown.draw()

    assert shown.window.alerts.model.rowCount() == 1
    qtbot.waitUntil(lambda: shown.on_screen == [alert.violation.id], timeout=2_000)


def test_an_alert_is_selected_by_a_click(show: Show, qtbot: QtBot) -> None:
    first, second = an_alert(1), an_alert(2, at=NOON + seconds(1))
    shown = show(first, second)
    model = shown.window.alerts.model

    shown.window.alerts.list.clicked.emit(model.index(1))

    assert shown.asked == [SelectAlert(shown.now.cards[1].violation_id)]


def test_the_empty_desk_says_so(show: Show) -> None:
    shown = show()

    assert shown.now.calm.startswith("Nothing to decide")
    assert shown.window.coding._calm.accessibleName() == shown.now.calm


def test_another_officers_claim_is_said_and_its_form_is_closed(show: Show) -> None:
    alert = an_alert(1)
    shown = show(alert)
    shown.window.alerts.list.clicked.emit(shown.window.alerts.model.index(0))
    shown.rules.hears(AlertCame(claimed(alert, "moreno", shown.rules.now)))
    shown.draw()

    assert "moreno" in shown.now.desk.claim_words.lower()  # type: ignore[union-attr]
    assert not any(box.line.isEnabled() for box in shown.window.coding.facts.boxes.values())


def test_the_pill_is_there_only_while_something_is_kept_back(show: Show) -> None:
    shown = show()
    assert not shown.window.strip.pill.isVisible()

    shown.rules.hears(LinkDown("connection refused", NOON + seconds(8)))
    shown.draw()

    assert shown.window.strip.pill.isVisible()
    assert shown.now.pill is not None
    assert shown.window.strip.pill.accessibleName() == shown.now.pill.text


def test_the_strip_says_the_backlog_once_in_the_pill_or_beside_it(show: Show) -> None:
    shown = show()
    waiting: dict[str, Any] = {"waiting": {"violation": 14}, "oldest_waiting_at": NOON - seconds(1)}
    shown.rules.hears(BridgeCame(a_bridge_status(**waiting)))
    shown.draw()
    assert "backlog 14" in shown.window.strip.chain.accessibleName()

    away = LinkState(up=False, since=NOON - seconds(60), next_try_at=NOON + seconds(20))
    shown.rules.hears(BridgeCame(a_bridge_status(headquarters=away, **waiting)))
    shown.draw()

    assert "14 kept here, nothing lost" in shown.window.strip.pill.accessibleName()
    assert "backlog" not in shown.window.strip.chain.accessibleName()


def test_the_pill_says_all_of_it_in_the_usual_window_and_counts_down_to_the_next_try_in_any(show: Show) -> None:
    shown = show()
    shown.window.resize(1600, 900)
    away = LinkState(up=False, since=NOON - seconds(720), next_try_at=NOON + seconds(20))
    waiting = {"telemetry": 1200, "violation": 4}
    shown.rules.hears(
        BridgeCame(a_bridge_status(headquarters=away, waiting=waiting, disk_used_bytes=6, disk_free_bytes=94))
    )
    shown.draw()
    QTest.qWait(0)
    pill = shown.window.strip.pill
    words, button = pill.findChild(PartsLabel), pill.findChild(LinkButton)
    assert isinstance(words, PartsLabel)
    assert isinstance(button, LinkButton)

    assert words.text().endswith("nothing lost")
    assert words.fitting(words.text(), words.width()) == words.text()
    assert button.text() == "Try now · 20 s"
    shown.window.resize(1280, 720)
    QTest.qWait(0)
    assert button.width() >= button.sizeHint().width()


def test_the_fleet_comes_with_its_rows_and_the_filter_is_reached_by_a_key(show: Show) -> None:
    shown = show()
    shown.rules.hears(*(TelemetryCame(a_telemetry(f"nyc-{number}")) for number in range(1, 31)))
    shown.draw()
    assert shown.window.lower_part.fleet.fleet.rowCount() == 30

    shown.type("/nyc-3")

    assert {row.drone_id for row in shown.window.lower_part.fleet.fleet.rows.now} == {"nyc-3", "nyc-30"}


def test_log_and_keys_are_pages_of_the_lower_panel(show: Show) -> None:
    shown = show(an_alert(1))

    shown.type("l")
    assert shown.window.lower_part.page == lower_panel.LOG
    assert shown.window.lower_part.log.model_of_lines.rowCount() == len(shown.now.log) > 0
    shown.type("?")
    assert shown.window.lower_part.page == lower_panel.KEYS
    shown.type("?")
    assert shown.window.lower_part.page == lower_panel.FLEET


def test_a_small_window_folds_the_fleet_to_its_tabs_and_the_alerts_to_pictures(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))

    shown.window.resize(1280, 720)

    qtbot.waitUntil(lambda: shown.window.alerts.painter.folded)
    assert not shown.window.lower_part.is_open
    shown.type("/")
    assert shown.window.lower_part.is_open


def test_the_window_says_how_many_alerts_are_open(show: Show) -> None:
    shown = show(an_alert(1), an_alert(2, at=NOON + seconds(1)))

    assert shown.window.windowTitle() == shown.now.window_title
    assert "2" in shown.window.windowTitle()


def test_a_theme_is_switched_for_the_whole_window(show: Show) -> None:
    shown = show()

    shown.type("d")

    assert shown.window._look.theme == "night"


def test_a_picture_is_decoded_once_and_a_damaged_one_is_none(look: Look) -> None:
    pictures = Pictures()
    good = PictureView("complete", "picture complete, checked", "a" * 64, a_png())
    bad = PictureView("complete", "picture complete, checked", "b" * 64, b"\x89PNG not really")

    image = pictures.image(good)

    assert image is not None
    assert (image.width(), image.height()) == (96, 54)
    assert pictures.image(good) is image
    assert pictures.thumbnail(good, QSize(72, 48), 2.0) is not None
    assert pictures.image(bad) is None
    assert pictures.thumbnail(bad, QSize(72, 48), 1.0) is None


def test_the_shipped_sound_is_the_one_that_the_code_makes() -> None:
    assert FILE.read_bytes() == two_tone()


def test_a_drones_last_hour_is_drawn_with_a_break_where_it_was_silent(show: Show) -> None:
    shown = show()
    for number in range(60):
        if not 20 <= number < 40:
            at = shown.rules.now + seconds(number * 10)
            shown.rules.hears(TelemetryCame(a_telemetry("nyc-1", seq=number + 1, at=at, battery_pct=90.0 - number / 4)))
    shown.rules.wants(SelectDrone("nyc-1"))
    shown.window.lower_part.open(lower_panel.DRONE)
    shown.draw()

    page = shown.window.lower_part.drone
    assert page.hour.isVisibleTo(page)
    assert "Battery: 75 %, between 75 % and 90 %" in page.hour.accessibleDescription()
    battery = shown.now.drone.hour[0].points  # type: ignore[union-attr]
    assert [len(stretch) for stretch in unbroken(battery)] == [20, 20]
    ink = shown.look.colour("accent").name()
    picture = page.hour.grab().toImage()
    drawn = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert ink in drawn


def test_the_fleet_is_sorted_by_its_titles_and_by_the_arrow_keys(show: Show) -> None:
    shown = show()
    batteries = (("nyc-1", 50.0), ("nyc-2", 90.0), ("nyc-3", 70.0))
    shown.rules.hears(*(TelemetryCame(a_telemetry(drone, battery_pct=pct)) for drone, pct in batteries))
    shown.draw()
    table = shown.window.lower_part.fleet

    def drones() -> list[str]:
        return [row.drone_id for row in table.fleet.rows.now]

    table.horizontalHeader().sectionClicked.emit(BATTERY)
    assert drones() == ["nyc-1", "nyc-3", "nyc-2"]
    assert table.fleet.headerData(BATTERY, Qt.Orientation.Horizontal) == "Battery ↑"
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert drones() == ["nyc-2", "nyc-3", "nyc-1"]
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert shown.now.fleet.sort == "link"
    QTest.keyClick(table, Qt.Key.Key_End)
    assert shown.now.drone is not None
    assert shown.now.drone.drone_id == drones()[-1]


def test_a_row_out_of_sight_is_right_when_it_comes_into_sight(show: Show) -> None:
    shown = show()
    shown.rules.hears(*(TelemetryCame(a_telemetry(f"nyc-{n:03d}")) for n in range(200)))
    shown.draw()
    told: list[tuple[int, int]] = []
    model = shown.window.lower_part.fleet.fleet
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))

    shown.rules.hears(*(TelemetryCame(a_telemetry(f"nyc-{n:03d}", seq=2, link_pct=61.0)) for n in range(200)))
    shown.draw()

    assert told == [(0, told[0][1])]  # what is in sight, in one word
    assert told[0][1] < 30
    assert model.index(150, LINK).data() == "61 %"


def test_a_cell_that_is_kept_as_a_picture_looks_as_if_drawn(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show()
    shown.rules.hears(
        *(TelemetryCame(a_telemetry(f"nyc-{n}", battery_pct=10.0 + 20 * n, link_pct=61.0 + n)) for n in range(5))
    )
    shown.rules.wants(SelectDrone("nyc-2"))
    shown.draw()
    table = shown.window.lower_part.fleet
    table.viewport().grab()
    kept = table.viewport().grab().toImage()
    monkeypatch.setattr(CellPainter, "paint", _drawn_in_place)

    assert 10 < table._cells.count < 5 * 7  # what two drones have in common is kept once
    drawn = table.viewport().grab().toImage()
    apart = [
        (x, y)
        for x in range(kept.width())
        for y in range(kept.height())
        if abs(kept.pixelColor(x, y).lightness() - drawn.pixelColor(x, y).lightness()) > 8
    ]
    assert apart == []


def _drawn_in_place(cells: CellPainter, painter: QPainter, box: QRect, *what: Any) -> None:
    cells._draw(painter, box, cells.cell(box, *what))


def test_only_ages_that_read_otherwise_are_painted_anew(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.rules.hears(TelemetryCame(a_telemetry("nyc-1")), TelemetryCame(a_telemetry("nyc-2", at=NOON - seconds(300))))
    shown.rules.waits(0.5)
    viewport = shown.window.lower_part.fleet.viewport()
    painted = PaintedRegion(viewport)
    shown.draw()
    qtbot.waitUntil(lambda: painted.region.boundingRect() == viewport.rect())  # the new rows are laid out
    painted.region = QRegion()
    shown.rules.waits(0.2)
    shown.draw()
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    table = shown.window.lower_part.fleet
    places = {row.drone_id: place for place, row in enumerate(table.fleet.rows.now)}
    height = table.verticalHeader().defaultSectionSize()

    assert painted.region.boundingRect().top() == places["nyc-1"] * height
    assert painted.region.boundingRect().height() == height
    assert painted.region.boundingRect().left() == table.columnViewportPosition(HEARD)


class PaintedRegion(QObject):
    """What of a widget is painted from now on."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.region = QRegion()
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False


def test_the_picture_turns_by_quarters_and_the_plate_turns_with_it(show: Show) -> None:
    data = a_png()
    alert = with_picture(an_alert(1, evidence_ids=(an_id(5),)), data=data)
    shown = show(alert)
    shown.rules.hears(PictureCame(alert.violation.id, data, sha256(data).hexdigest()))
    shown.draw()
    evidence = shown.window.coding.evidence
    image = evidence._image
    assert image is not None
    assert (image.width(), image.height()) == (96, 54)

    shown.type("q")
    assert evidence.turned_deg == 90
    turned = evidence._image
    assert turned is not None
    assert (turned.width(), turned.height()) == (54, 96)
    assert "90" in evidence.accessibleName()
    shown.type("p")  # the plate, low in the upright picture, is at the left now
    assert evidence._centre.x() < 0.5

    shown.type("pqqq")
    assert evidence.turned_deg == 0
    assert evidence._image == image


def with_its_picture(show: Show) -> EvidenceView:
    """The evidence of an alert on the desk."""
    data = a_png(960, 540)
    alert = with_picture(an_alert(1, evidence_ids=(an_id(5),)), data=data)
    shown = show(alert)
    shown.rules.hears(PictureCame(alert.violation.id, data, sha256(data).hexdigest()))
    shown.draw()
    return shown.window.coding.evidence


def test_a_tap_goes_near_the_place_tapped_and_another_back_to_the_whole(show: Show) -> None:
    evidence = with_its_picture(show)
    tapped = QPoint(evidence.width() * 2 // 3, (evidence.height() - CAPTION_PX) // 3)
    before = evidence.place_at(QPointF(tapped))
    assert before is not None

    QTest.mouseClick(evidence, Qt.MouseButton.LeftButton, pos=tapped)

    middle = evidence.place_at(QPointF(evidence.width() / 2, (evidence.height() - CAPTION_PX) / 2))
    assert evidence.zoom == TAP_ZOOM
    assert middle is not None
    assert (middle.x(), middle.y()) == pytest.approx((before.x(), before.y()), abs=0.01)
    QTest.mouseClick(evidence, Qt.MouseButton.LeftButton, pos=tapped)
    assert evidence.zoom == 1.0


def test_two_taps_in_a_row_are_one_and_what_the_key_zooms_a_tap_takes_back(show: Show) -> None:
    evidence = with_its_picture(show)
    middle = evidence.rect().center()

    QTest.mouseClick(evidence, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseDClick(evidence, Qt.MouseButton.LeftButton, pos=middle)
    assert evidence.zoom == TAP_ZOOM
    QTest.keyClicks(evidence.window(), "z")
    assert evidence.zoom == 1.0
    QTest.keyClicks(evidence.window(), "z")
    assert evidence.zoom > 1.0
    QTest.mouseClick(evidence, Qt.MouseButton.LeftButton, pos=middle)
    assert evidence.zoom == 1.0


def test_a_drag_and_a_tap_beside_the_picture_zoom_nothing(show: Show) -> None:
    evidence = with_its_picture(show)
    inside, caption = evidence.rect().center(), QPoint(evidence.width() // 2, evidence.height() - 4)

    QTest.mousePress(evidence, Qt.MouseButton.LeftButton, pos=inside)
    QTest.mouseMove(evidence, inside + QPoint(60, 0))
    QTest.mouseRelease(evidence, Qt.MouseButton.LeftButton, pos=inside + QPoint(60, 0))
    QTest.mouseClick(evidence, Qt.MouseButton.LeftButton, pos=caption)

    assert evidence.zoom == 1.0


def test_another_alert_begins_with_its_picture_upright(show: Show) -> None:
    shown = show(an_alert(1), an_alert(2, at=NOON + seconds(1)))
    shown.type("q")

    shown.press(Qt.Key.Key_Down)

    assert shown.window.coding.evidence.turned_deg == 0


def test_a_warning_about_the_plate_stands_above_the_decision_and_goes_with_its_reason(show: Show) -> None:
    shown = show(an_alert(1), an_alert(2, at=NOON - seconds(41), drone_id="nyc-22"))
    mark, words = shown.window.coding.warnings.lines[0]
    assert words.isVisible()
    assert mark.isVisible()
    assert shown.now.desk is not None
    assert words.text() == shown.now.desk.warnings[0]

    shown.rules.wants(SetFact("plate", "XYZ 999"))
    shown.draw()

    assert not shown.window.coding.warnings.isVisible()


def test_the_kerb_from_above_takes_the_pictures_place_by_its_key_until_the_next_alert(show: Show) -> None:
    shown = show(an_alert(1), an_alert(2, at=NOON + seconds(1)))
    coding = shown.window.coding
    coding.kerb._load = lambda: None  # type: ignore[method-assign]  # the page is test_map_page.py's
    assert coding.evidence.isVisible()
    assert not coding.kerb.isVisible()

    shown.type("w")
    assert coding.kerb.isVisible()
    assert not coding.evidence.isVisible()
    shown.type("w")
    assert coding.evidence.isVisible()

    shown.type("w")
    shown.press(Qt.Key.Key_Down)
    assert coding.evidence.isVisible()
    assert not coding.kerb.isVisible()


def test_a_tall_window_shows_the_picture_and_the_kerb(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1))
    coding = shown.window.coding
    coding.kerb._load = lambda: None  # type: ignore[method-assign]

    shown.window.resize(1600, 1080)
    qtbot.waitUntil(coding.kerb.isVisible)
    shown.type("w")

    assert coding.evidence.isVisible()
    assert coding.kerb.isVisible()


def test_the_smallest_window_has_room_for_two_warnings(show: Show, qtbot: QtBot) -> None:
    shown = show(an_alert(1), an_alert(2, at=NOON - seconds(41), drone_id="nyc-22"))
    shown.window.resize(1280, 720)
    qtbot.waitUntil(lambda: shown.window.alerts.painter.folded)
    shown.window.coding.warnings.show_warnings(("Same plate also open", "Ticket for this plate"))

    assert shown.window.minimumSizeHint().height() <= 720


def test_another_alert_is_drawn_in_parts_and_a_key_meets_all_of_it(show: Show) -> None:
    first, second = (an_alert(number, plate_expiry="2027-03") for number in (1, 2))
    shown = show(first, second)
    coding = shown.window.coding
    shown.rules.wants(SelectAlert(second.violation.id))

    shown.window.show_view(view(shown.rules.state, shown.rules.now), in_parts=True)
    shown.window._next_part.stop()
    for _part in ("chain", "alerts", "top of the desk"):
        shown.window._show_next_part()
    assert not coding.facts.updatesEnabled()
    shown.press(Qt.Key.Key_C)

    assert shown.asked == [Claim()]
    assert coding.facts.updatesEnabled()
    assert coding.codes.updatesEnabled()
