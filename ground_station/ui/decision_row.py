"""The buttons that decide: claim, confirm, reject with a reason, pass on. Rejecting opens its reason in the same place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ground_station.ui.key_button import KeyButton
from ground_station.ui.look import Look
from ground_station.ui.parts import Cap, HintLine
from ground_station.ui.typing_line import TypingLine
from ground_station.view_model.intentions import Claim, Confirm, Intention, PassOn, Reject
from ground_station.view_model.language import t, tn
from ground_station.view_model.snapshot import DeskView
from ground_station.view_model.wording import REJECT_REASONS


class DecisionRow(QStackedWidget):
    """Buttons, or the field for a rejection's reason. `leave` gives the focus back to the desk."""

    def __init__(
        self,
        look: Look,
        send: Callable[[Intention], None],
        leave: Callable[[], None],
        to_missing: Callable[[], None],
    ):
        super().__init__()
        self._look, self._send, self._leave, self._to_missing = look, send, leave, to_missing
        self._desk: DeskView | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._main = KeyButton(look, t("Claim"), "C", primary=True)
        self._reject = KeyButton(look, t("Reject"), "R")
        self._pass_on = KeyButton(look, t("Pass on"), "E")
        self.reason = TypingLine(look, t("Reason of the rejection"), hint=t("Why is it no violation?"), most=500)
        self._main.clicked.connect(self._pressed)
        self._reject.clicked.connect(self.ask_reason)
        self._pass_on.clicked.connect(lambda: send(PassOn()))
        self._main.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._main, 1)
        row.addWidget(self._reject)
        row.addWidget(self._pass_on)
        self._both = (buttons, self._reason_page())
        for page in self._both:
            self.addWidget(page)

    def _reason_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._reject_now = KeyButton(self._look, t("Reject"), "Enter", primary=True)
        back = KeyButton(self._look, t("Back"), "Esc")
        row.addWidget(self.reason, 1)
        row.addWidget(self._reject_now)
        row.addWidget(back)
        column.addLayout(row)
        column.addWidget(HintLine(self._look, [(Cap(str(n)), t(words)) for n, words in enumerate(REJECT_REASONS, 1)]))
        self._reject_now.clicked.connect(self._rejected)
        back.clicked.connect(self.close_reason)
        self.reason.on_enter = self._rejected
        self.reason.on_leave = self.close_reason
        self.reason.on_digit = self._write_reason
        self.reason.textChanged.connect(lambda text: self._reject_now.setEnabled(bool(text.strip())))
        self._reject_now.setEnabled(False)
        return page

    def show_desk(self, desk: DeskView) -> None:
        """Draw another state of the decision; another alert closes an open reason."""
        before, self._desk = self._desk, desk
        if (before is not None and before.violation_id != desk.violation_id) or not desk.can_decide:
            self._close(give_focus_back=self.reason.hasFocus())
        if desk.claim in ("nobody", "other") and not desk.confirm_ready:
            self._main.relabel(t("Claim"), "C")
            self._main.set_primary(desk.claim == "nobody")
            self._main.setEnabled(desk.claim == "nobody")
        else:
            missing = sum(field.missing for field in desk.fields)
            several = desk.code is not None and missing > 1  # their names have no room on the button
            self._main.relabel(
                tn(missing, "{count} fact needed", "{count} facts needed") if several else desk.confirm_text, "Enter"
            )
            self._main.set_primary(desk.confirm_ready)
            self._main.setEnabled(True)
        self._reject.setEnabled(desk.can_decide)
        self._pass_on.setEnabled(desk.can_decide)
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        """Qt's: that of the page in sight."""
        page = self._both[self.currentIndex()]
        hint = page.sizeHint()
        layout = page.layout()
        if layout is not None and layout.hasHeightForWidth():
            hint.setHeight(layout.heightForWidth(max(self.width(), 300)))
        return hint

    def enter(self) -> None:
        """Enter on the desk: confirm only what is complete, else go to what is missing. What is not claimed it never touches."""
        desk = self._desk
        if desk is None:
            return
        if desk.claim in ("yours", "asked") and not desk.confirm_ready:
            self._to_missing()
        else:
            self._send(Confirm())  # with nothing claimed this changes nothing but the word to the officer

    def _pressed(self) -> None:
        if self._desk is not None and self._desk.claim == "nobody" and not self._desk.confirm_ready:
            self._send(Claim())
        else:
            self.enter()

    def ask_reason(self) -> None:
        """Open the field for the reason, if the alert can be rejected at all."""
        if self._desk is not None and self._desk.can_decide:
            self.reason.clear()
            self.setCurrentIndex(1)
            self.setFixedHeight(self.sizeHint().height())
            self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_reason(self) -> None:
        """Back to the buttons; nothing is rejected."""
        self._close(give_focus_back=True)

    def _close(self, *, give_focus_back: bool) -> None:
        if self.currentIndex() == 1:
            self.setCurrentIndex(0)
            self.setFixedHeight(self.sizeHint().height())
            self.reason.clear()
            if give_focus_back:
                self._leave()

    def _write_reason(self, digit: int) -> bool:
        if not 1 <= digit <= len(REJECT_REASONS):
            return False
        self.reason.setText(t(REJECT_REASONS[digit - 1]))
        return True

    def _rejected(self) -> None:
        words = self.reason.text().strip()
        if words:
            self._close(give_focus_back=True)
            self._send(Reject(words))
