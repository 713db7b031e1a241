"""The coding desk: the evidence, what is known, the codes, the legal facts, and the decision, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ground_station.ui.calm import Calm
from ground_station.ui.code_list import FREQUENT_BY_NUMBER, CodeList
from ground_station.ui.decision_row import DecisionRow
from ground_station.ui.details_grid import DetailsGrid
from ground_station.ui.drone_panel import DroneDetails
from ground_station.ui.facts_form import FactsForm
from ground_station.ui.form_scroll import FormScroll
from ground_station.ui.kerb_inset import KerbInset
from ground_station.ui.key_button import KeyButton
from ground_station.ui.look import SEMIBOLD, Look
from ground_station.ui.parts import Cap, HintLine, PlaceLabel, PlainLabel, Rule, SeverityMark
from ground_station.ui.picture_view import CAPTION_PX, EvidenceView
from ground_station.ui.pictures import Pictures
from ground_station.ui.typing_line import TypingLine
from ground_station.ui.warning_lines import WarningLines
from ground_station.view_model import wording
from ground_station.view_model.intentions import ChooseCode, ChooseFirstHit, Intention, SearchCode, Undo
from ground_station.view_model.language import later, t
from ground_station.view_model.snapshot import DeskView, StationView

TALL_PX = 880
"""From this height of the window on, there is room for the titles of the frequent codes."""
KERB_FROM_PX = 1000
"""From this height on there is room for the kerb from above, at least KERB_LEAST_PX high; below it a key puts it in the picture's place."""
KERB_LEAST_PX = 140
TOUCH_PX = 44
"""Targets of this size are for gloves."""
LEAST_PICTURE_PX = 160
"""Without its caption, in any window, however much stands below: there is no deciding about what cannot be seen."""
WIDTH_PX = 430
FOLDED_WIDTH_PX = 424


_HINTS = (
    (Cap("B"), later("give back")),
    (Cap("G"), later("picture again")),
    (Cap("T"), later("take control")),
)
_KERB_HINT = (Cap("W"), later("kerb"))


class CodingPanel(QFrame):
    """Draws StationView.desk. `leave` gives the focus back to the desk, where the keys work."""

    def __init__(
        self,
        look: Look,
        pictures: Pictures,
        cache: Path,
        send: Callable[[Intention], None],
        leave: Callable[[], None],
    ):
        super().__init__()
        self.setObjectName("panel")
        self._look, self._send, self._leave = look, send, leave
        self._desk: DeskView | None = None
        self._refit = False  # the size has changed: draw the same desk anew
        self._chosen: tuple[str, int | None] = ("", None)  # the alert and its code, as last shown
        self._waiting: set[str] = set()  # sections that still show the desk before
        self._mark = SeverityMark(look)
        self._title = PlaceLabel(look, weight=SEMIBOLD)
        self._claim = PlainLabel(look, tone="soft", whole=True)
        self._claim_time = PlainLabel(look, weight=SEMIBOLD, whole=True)
        self.evidence = EvidenceView(look, pictures)
        self._details = DetailsGrid(look)
        self._doubt = PlainLabel(look, tone="soft")
        self.codes = CodeList(look, send)
        self.search = TypingLine(look, t("Any code: number or words"), hint=t("number or words of any code"), key="0")
        self.facts = FactsForm(look, send, leave)
        self.warnings = WarningLines(look)
        self.decision = DecisionRow(look, send, leave, self.go_to_missing)
        self.form = FormScroll()
        self.kerb = KerbInset(look, cache)
        self._tall, self._below_px = False, 1
        self._kerb_hint = HintLine(look, [(Cap("W"), t("picture"))])
        self._message_mark = SeverityMark(look, 10)
        self._calm = Calm(look)
        self._drone = DroneDetails(look)
        self._message = PlainLabel(look, tone="soft")
        self._hints = HintLine(look)
        self._undo = KeyButton(look, t("Undo"), "U")
        self._undo.clicked.connect(lambda: send(Undo()))
        self.search.textEdited.connect(self._searched)
        self.search.on_enter = self._take_hit
        self.search.on_leave = self._leave_search
        self.search.on_step = self._step_hit
        self._code_section: tuple[QWidget, ...] = (self.codes, self.search)
        self._fact_section: tuple[QWidget, ...] = (self.facts, self.warnings, self.decision, self.kerb)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.setSpacing(5)
        self._title.setFixedHeight(36)
        head.addWidget(self._mark)
        head.addWidget(self._title, 1)
        head.addSpacing(8)
        head.addWidget(self._claim)
        head.addWidget(self._claim_time)
        column.addLayout(head)
        column.addWidget(Rule())
        self._pages = QStackedWidget()
        self._pages.addWidget(self._calm_page())
        self._pages.addWidget(self._desk_page())
        column.addWidget(self._pages, 1)
        column.addWidget(Rule())
        foot = self._foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._hints, 1)
        foot.addWidget(self._message_mark)
        foot.addWidget(self._message, 1)
        foot.addWidget(self._undo)
        foot.addStrut(self._look.measure.target + 2)
        column.addLayout(foot)

    def _calm_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self._calm, 1)
        column.addWidget(self._drone)
        return page

    def _desk_page(self) -> QWidget:
        page = QWidget()
        column = self._column = QVBoxLayout(page)
        self._instead = QVBoxLayout()  # of the picture: the kerb, by its key
        column.addLayout(self._instead)
        self._instead.addWidget(self._kerb_hint)
        self.evidence.setMinimumHeight(LEAST_PICTURE_PX + CAPTION_PX)
        column.addWidget(self.evidence, 1)
        column.addWidget(self.form)
        for widget in (self._details, self._doubt, self.codes, self.search, self.facts):
            self.form.column.addWidget(widget)
        column.addWidget(self.warnings)
        column.addSpacing(2)
        column.addWidget(self.decision)
        column.addSpacing(2)
        self._below = QVBoxLayout()
        column.addLayout(self._below)
        self._put_kerb(instead=False)
        column.addStretch(0)
        return page

    def fold(self, *, narrow: bool, low: bool, height: int) -> None:
        """Take less room: a narrower panel, and the frequent codes by number only."""
        self.setFixedWidth(FOLDED_WIDTH_PX if narrow else WIDTH_PX)
        touch = self._look.measure.target >= TOUCH_PX
        by_number = low or (touch and height < KERB_FROM_PX)
        self.codes.fold(frequent_per_line=FREQUENT_BY_NUMBER if by_number else 2 if touch or height < TALL_PX else 1)
        self._tighten(tight=touch and low)
        self._doubt.setVisible(not low)  # the bars of the guesses alone tell it
        self._tall = height >= KERB_FROM_PX
        self._below_px = max(1, height - KERB_FROM_PX + KERB_LEAST_PX)
        self._put_kerb(instead=False)
        self._refit = True

    def _tighten(self, *, tight: bool) -> None:
        """Large targets in a low window: everything closer together."""
        for column in (self._column, self.form.column):
            column.setSpacing(4 if tight else 8)
        self._column.setContentsMargins(11, 4 if tight else 10, 11, 4 if tight else 10)
        self._foot.setContentsMargins(12, 2 if tight else 5, 6, 2 if tight else 5)
        self.facts.tighten(tight=tight)

    def toggle_kerb(self) -> None:
        """Where the window is not tall enough to show both: the kerb from above in the picture's place, or the picture again."""
        if not self._tall and self._desk is not None:
            self._put_kerb(instead=self.evidence.isVisibleTo(self))
            self.kerb.show_place(self._desk)

    def _put_kerb(self, *, instead: bool) -> None:
        """The kerb in the picture's place, or below everything, seen only where there is room."""
        height = self.evidence.height() if instead else self._below_px
        for layout in (self._instead, self._below):
            layout.removeWidget(self.kerb)
        (self._instead if instead else self._below).insertWidget(0, self.kerb)
        self.kerb.setFixedHeight(max(1, height - self._kerb_hint.sizeHint().height() - 8) if instead else height)
        self.kerb.setVisible(instead or self._tall)
        self._kerb_hint.setVisible(instead)
        self.evidence.setVisible(not instead)

    def show_view(self, view: StationView) -> None:
        """Draw another moment."""
        for part in self.parts():
            part(view)

    def parts(self) -> list[Callable[[StationView], None]]:
        """`show_view` in parts, from top to bottom, each of which may be painted before the next. A newer moment begins with the first."""
        return [self._show_top, lambda _view: self._show_codes(), lambda _view: self._show_facts()]

    def _show_top(self, view: StationView) -> None:
        desk, before = view.desk, self._desk
        self._desk = desk
        self._pages.setCurrentIndex(0 if desk is None else 1)
        self._show_word(view)
        self._mark.show_kind(desk.severity if desk else "")
        self._mark.setVisible(desk is not None)
        if desk is None:
            self._title.say(t("Coding desk"))
            self._show_claim("", bold=False)
            heard = all(part.state == "well" for part in view.chain if part.name in ("broker", "bridge"))
            self._calm.say(
                view.calm
                or t(
                    "Nothing chosen. Press {down} for the first alert, {claim} to claim it.",
                    down=wording.cap("down"),
                    claim=wording.cap("claim"),
                ),
                sure=heard,
            )
            self._drone.show_drone(view.drone)
            self._waiting.clear()
            return
        if desk == before and not self._refit:
            self.kerb.show_place(desk)  # its page may be made by now
            return
        self._refit = False
        self._show_desk(desk, fresh=before is None or before.violation_id != desk.violation_id)

    def _show_word(self, view: StationView) -> None:
        """The foot: a refusal, a word to the officer, what can be undone, or the keys for this alert."""
        notice = (view.desk.notice if view.desk else "") or view.message
        self._message.say(notice or (view.undo.text if view.undo else ""))
        self._message.set_tone("attention" if notice else "soft")
        self._message_mark.show_kind("attention" if notice else "")
        self._message_mark.setVisible(bool(notice))
        self._message.setVisible(bool(self._message.text()))
        self._hints.setVisible(not self._message.text())
        self._hints.set_hints(
            [(cap, t(words)) for cap, words in self._keys_for(view.desk)] if view.desk is not None else ()
        )
        self._undo.setVisible(view.undo is not None)

    def _keys_for(self, desk: DeskView) -> tuple[tuple[Cap, str], ...]:
        """What can be done with the alert on the desk besides deciding it."""
        return (*(_HINTS if desk.claim == "yours" else ()), *(() if self._tall else (_KERB_HINT,)))

    def _show_desk(self, desk: DeskView, *, fresh: bool) -> None:
        if fresh and self.isAncestorOf(QApplication.focusWidget() or self):
            self._leave()  # what is typed on belongs to the alert before
        if fresh and not self.evidence.isVisibleTo(self):
            self._put_kerb(instead=False)
        self._title.say(desk.title)
        self._show_claim(desk.claim_words, bold=desk.lease_left_s is not None)
        self.evidence.show_picture(desk.picture, fresh=fresh)
        self._details.show_details(desk.details)
        self._doubt.say(desk.doubt)
        self._waiting = {"codes", "facts"}
        if fresh:
            self.form.to_top()
        for widget in (*self._code_section, *self._fact_section):
            widget.setUpdatesEnabled(False)  # until it shows this desk, too

    def _show_codes(self) -> None:
        desk = self._desk
        if desk is None or "codes" not in self._waiting:
            return
        self._waiting.discard("codes")
        self.codes.show_codes(desk.choices, desk.hits, enabled=desk.editable)
        self.search.say(desk.search)
        chosen = desk.code is not None and all(choice.code != desk.code for choice in desk.choices)
        self.search.setPlaceholderText(
            f"{desk.code}  {desk.code_title}" if chosen else t("number or words of any code")
        )
        self.search.allow(desk.editable)
        for widget in self._code_section:
            widget.setUpdatesEnabled(True)

    def _show_facts(self) -> None:
        desk = self._desk
        if desk is None or "facts" not in self._waiting:
            return
        self._waiting.discard("facts")
        self.facts.show_fields(desk.fields, editable=desk.editable)
        self.warnings.show_warnings(desk.warnings)
        self.decision.show_desk(desk)
        self.kerb.show_place(desk)
        for widget in self._fact_section:
            widget.setUpdatesEnabled(True)
        chosen = (desk.violation_id, desk.code)
        if desk.code is not None and chosen != self._chosen and self._chosen[0] == desk.violation_id:
            self.form.bring(self.facts)  # what is needed next
        self._chosen = chosen

    def _show_claim(self, words: str, *, bold: bool) -> None:
        """The words of the claim; the time that is left stands out."""
        front, _, time = words.rpartition(" ") if bold else (words, "", "")
        self._claim.say(front)
        self._claim_time.say(time)
        self._claim.setVisible(bool(front))
        self._claim_time.setVisible(bool(time))

    def focus_search(self) -> None:
        """Put the focus into the field for any code."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def go_to_missing(self) -> None:
        """Put the focus where something is missing: the code first, then the facts."""
        if self._desk is not None and self._desk.code is None:
            self.focus_search()
        else:
            self.facts.go_on()

    def _searched(self, text: str) -> None:
        self.codes.highlight = 0
        self._send(SearchCode(text))

    def _step_hit(self, by: int) -> None:
        desk = self._desk
        if desk is not None and desk.hits:
            self.codes.highlight = min(max(self.codes.highlight + by, 0), len(desk.hits) - 1)
            self.codes.show_codes(desk.choices, desk.hits, enabled=desk.editable)

    def _take_hit(self) -> None:
        desk, place = self._desk, self.codes.highlight
        if desk is not None and 0 < place < len(desk.hits):
            self._send(ChooseCode(desk.hits[place].code))
        else:
            self._send(ChooseFirstHit())
        self._leave()

    def _leave_search(self) -> None:
        self._send(SearchCode(""))
        self._leave()
