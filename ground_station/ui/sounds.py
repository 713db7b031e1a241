"""The two-tone sound of a new alert, made here by arithmetic and shipped as a small file; and the playing of it."""

from __future__ import annotations

import io
import logging
import math
import struct
import wave
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl

log = logging.getLogger(__name__)

FILE = Path(__file__).resolve().parent.parent / "assets" / "two_tone.wav"
RATE_HZ = 22_050
TONES: tuple[tuple[float, float], ...] = ((659.26, 0.13), (987.77, 0.24))
"""(frequency in Hz, length in s): E5, then B5. A rising fifth is noticed in street noise, and alarms nobody."""
LOUDNESS = 0.5  # of full scale
FADE_S = 0.012  # at both ends of a tone: without it the ends click


def two_tone() -> bytes:
    """The sound as a WAV file (mono, 16 bit)."""
    samples: list[int] = []
    for frequency_hz, length_s in TONES:
        count = round(length_s * RATE_HZ)
        for n in range(count):
            at_s = n / RATE_HZ
            edge = min(1.0, at_s / FADE_S, (length_s - at_s) / FADE_S)
            decay = math.exp(-3.0 * at_s / length_s)
            tone = math.sin(2 * math.pi * frequency_hz * at_s) + 0.25 * math.sin(4 * math.pi * frequency_hz * at_s)
            samples.append(round(32_767 * LOUDNESS * edge * decay * tone / 1.25))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


class Sounds:
    """Plays the sound, where the machine can. Without a sound device the desk works on: the cards' edges are the visual twin."""

    def __init__(self) -> None:
        self._effect: Any = None
        self._tried = False

    def prepare(self) -> None:
        """Load the system's sound libraries, which takes some tenths of a second; otherwise the first sound does it."""
        if not self._tried:
            self._tried = True
            self._effect = _effect()

    def play(self) -> bool:
        """Play the sound once; False if this machine has no way to."""
        self.prepare()
        if self._effect is None:
            return False
        self._effect.play()
        return True


def _effect() -> Any:
    try:
        from PySide6.QtMultimedia import (
            QMediaDevices,
            QSoundEffect,
        )  # loads the system's sound libraries: late, and may fail
    except ImportError as problem:
        log.warning("no sound: %s", problem)
        return None
    if not QMediaDevices.audioOutputs():
        log.warning("no sound: this machine has no sound device")
        return None
    effect = QSoundEffect()
    effect.setSource(QUrl.fromLocalFile(str(FILE)))
    effect.setVolume(0.9)
    return effect
