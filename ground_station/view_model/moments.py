"""What a shift is recorded as: the moments at which the desk took something in, and now and then the whole desk.

The rules of the desk are a function of what comes in, of the time, and of its dice. A moment holds all three, so the same rules make
the same desk of it again: a replay is not a film of the desk but the desk itself, once more.

A block is what came in within about a second: moments as MessagePack, compressed. Pictures are kept apart, each once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ground_station.view_model.alert_queue import Image
from ground_station.view_model.events import DroneMoved, Event, PictureCame, TelemetryCame
from ground_station.view_model.fleet import CRITICAL_OVER_PCT, CRITICAL_PCT, LOW_OVER_PCT, LOW_PCT, is_newer
from ground_station.view_model.intentions import Intention
from ground_station.view_model.log_view import LogLine
from ground_station.view_model.shift_log import ShiftLog
from ground_station.view_model.station_state import DeskState
from messages.model import Telemetry

WHOLE_EVERY = timedelta(seconds=5)  # between two whole telemetries of a drone a recording keeps only where it was
DRAW_BYTES = 10  # of one throw of the desk's dice


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """What the desk took in at one moment: events or one intention, and what its dice showed (DRAW_BYTES each)."""

    at: datetime
    events: tuple[Event, ...] = ()
    intention: Intention | None = None
    draws: bytes = b""


class Began(msgspec.Struct, frozen=True):
    """The recorded desk as a whole: at the beginning, where the desk was opened again, and after a jump.

    `jump`: the number of the jump that it answers; 0 for the beginning of the replay."""

    state: DeskState
    at: datetime
    jump: int = 0


class Ended(msgspec.Struct, frozen=True):
    """There is nothing more in the recording."""

    jump: int = 0


Past = Began | Moment | Ended
"""What a recorded shift's link brings."""
Pictures = Mapping[str, bytes]
"""The bytes of pictures by their SHA-256."""

_encoder = msgspec.msgpack.Encoder()
_block_decoder = msgspec.msgpack.Decoder(tuple[Moment, ...])
_state_decoder = msgspec.msgpack.Decoder(DeskState)


class Thinner:
    """Makes most telemetry small before it is written: whole every 5 s, at another phase or battery step, and when it came late."""

    def __init__(self) -> None:
        self._whole: dict[str, Telemetry] = {}
        self._newest: dict[str, Telemetry] = {}

    def thinned(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """The same events, most telemetry as DroneMoved."""
        return tuple(self._one(event.telemetry) if isinstance(event, TelemetryCame) else event for event in events)

    def _one(self, telemetry: Telemetry) -> TelemetryCame | DroneMoved:
        whole, newest = self._whole.get(telemetry.drone_id), self._newest.get(telemetry.drone_id)
        if newest is None or is_newer(telemetry, newest):
            self._newest[telemetry.drone_id] = telemetry
            if whole is not None and _says_little(telemetry, whole):
                return _moved(telemetry)
            self._whole[telemetry.drone_id] = telemetry
        return TelemetryCame(telemetry)


def block_of(moments: Sequence[Moment]) -> tuple[bytes, dict[str, bytes]]:
    """The moments as bytes, and the pictures that came in them, which are not in the bytes."""
    pictures: dict[str, bytes] = {}
    lean = []
    for moment in moments:
        for event in moment.events:
            if isinstance(event, PictureCame):
                pictures[event.digest] = event.image
        lean.append(_with_events(moment, lambda event: msgspec.structs.replace(event, image=b"")))
    return zlib.compress(_encoder.encode(lean), 6), pictures


def moments_of(block: bytes, pictures: Callable[[str], bytes]) -> tuple[Moment, ...]:
    """The moments in a block. `pictures` gives the bytes of a SHA-256. Raises ValueError for bytes that are no block."""
    try:
        moments = _block_decoder.decode(zlib.decompress(block))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from error
    return tuple(
        _with_events(moment, lambda event: msgspec.structs.replace(event, image=pictures(event.digest)))
        for moment in moments
    )


def state_block(state: DeskState) -> tuple[bytes, dict[str, bytes]]:
    """The desk as bytes, without its log, its tracks and its pictures; and those pictures."""
    drones = {key: msgspec.structs.replace(drone, track=b"") for key, drone in state.fleet.drones.items()}
    images = {key: Image(b"", image.digest) for key, image in state.queue.images.items()}
    lean = msgspec.structs.replace(
        state,
        who=msgspec.structs.replace(state.who, zone=None),
        fleet=msgspec.structs.replace(state.fleet, drones=drones),
        queue=msgspec.structs.replace(state.queue, images=images),
        log=ShiftLog(count=state.log.count),
    )
    return zlib.compress(_encoder.encode(lean), 6), {image.digest: image.data for image in state.queue.images.values()}


def state_of(block: bytes, pictures: Callable[[str], bytes], lines: tuple[LogLine, ...]) -> DeskState:
    """The desk in the bytes, with its pictures and the lines of its log. Raises ValueError for bytes that are no desk."""
    try:
        state = _state_decoder.decode(zlib.decompress(block))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from error
    images = {key: Image(pictures(image.digest), image.digest) for key, image in state.queue.images.items()}
    return msgspec.structs.replace(
        state,
        queue=msgspec.structs.replace(state.queue, images=images),
        log=ShiftLog(lines, state.log.count),
    )


def _with_events(moment: Moment, change: Callable[[PictureCame], PictureCame]) -> Moment:
    if not any(isinstance(event, PictureCame) for event in moment.events):
        return moment
    events = tuple(change(event) if isinstance(event, PictureCame) else event for event in moment.events)
    return msgspec.structs.replace(moment, events=events)


def _moved(telemetry: Telemetry) -> DroneMoved:
    return DroneMoved(
        telemetry.drone_id,
        telemetry.boot,
        telemetry.seq,
        telemetry.captured_at,
        telemetry.lat_deg,
        telemetry.lon_deg,
        telemetry.heading_deg,
    )


def _says_little(telemetry: Telemetry, whole: Telemetry) -> bool:
    return (
        telemetry.boot == whole.boot
        and timedelta() <= telemetry.captured_at - whole.captured_at < WHOLE_EVERY
        and telemetry.phase == whole.phase
        and _battery_step(telemetry) == _battery_step(whole)
    )


def _battery_step(telemetry: Telemetry) -> tuple[bool, ...]:
    """Between which of the battery's band edges the value lies, so that a replay crosses each where the desk did."""
    pct = telemetry.battery_pct
    return (pct < CRITICAL_PCT, pct <= CRITICAL_OVER_PCT, pct < LOW_PCT, pct <= LOW_OVER_PCT)
