"""N seeded drones, told the time: their messages in the order in which they become due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heapreplace
from random import Random

import msgspec

from drone_sim.drone import Drone, Saved, World, commanded, power_up, saved_of, step
from drone_sim.faults import clock_skew
from messages.model import Message
from messages.state import Command

TICK_S = 0.25  # how long a sighting may wait before it is told; a flight is worked out at least this often
ASLEEP_S = 5.0  # a longer pause of the machine is left out: the drones go on where they were
SET_BACK_S = 5.0  # so is a clock that was set back by more
GROUNDED_S = 600.0  # a drone that was without power for longer was carried home and charged


class Fleet:
    """Drones with dice of their own, so that what one does depends on nobody else and on no number of drones."""

    def __init__(
        self,
        world: World,
        boots: Mapping[str, tuple[int, Saved | None]],
        *,
        seed: int,
        start: datetime,
        clock_skew_s: float = 0.0,
    ) -> None:
        """`boots`: drone -> its boot, and its last moment if it had one. The same arguments give the same messages."""
        self._world = world
        self._drones: list[Drone] = []
        self._rngs: list[Random] = []
        self._skews: list[timedelta] = []
        self._tick = timedelta(seconds=min(TICK_S, world.telemetry_s))
        self._due: list[tuple[datetime, int]] = []
        for number, (drone_id, (boot, saved)) in enumerate(boots.items()):
            home, rng = Random(f"{seed}:{drone_id}"), Random(f"{seed}:{drone_id}:{boot}")
            skew = clock_skew(home, clock_skew_s)
            if saved is not None and (start - saved.at).total_seconds() > GROUNDED_S:
                saved = None
            first = start + timedelta(milliseconds=int(1000 * world.telemetry_s * number / len(boots)))
            self._drones.append(
                power_up(drone_id, boot=boot, now=first + skew, world=world, home=home, rng=rng, saved=saved)
            )
            self._rngs.append(rng)
            self._skews.append(skew)
            self._due.append((first, number))
        self._number = {drone.drone_id: number for number, drone in enumerate(self._drones)}
        heapify(self._due)

    @property
    def drones(self) -> Sequence[Drone]:
        """The drones as they are now."""
        return self._drones

    def advance(self, until: datetime) -> list[tuple[datetime, Message]]:
        """Lets the drones live until `until`: (due_at, message) in time order. `due_at` is true time, whatever a drone's clock says."""
        if not -SET_BACK_S < (until - self._due[0][0]).total_seconds() < ASLEEP_S:
            self._skip_to(until)
        told: list[tuple[datetime, Message]] = []
        while self._due[0][0] <= until:
            now, number = self._due[0]
            self._drones[number], messages = step(
                self._drones[number], now + self._skews[number], self._rngs[number], self._world
            )
            told.extend((now, message) for message in messages)
            heapreplace(self._due, (now + self._tick, number))
        return told

    def command(self, command: Command) -> None:
        """Hands an officer's command to the drone that it names; one that is not of this fleet is left alone."""
        number = self._number.get(command.drone_id)
        if number is not None:
            self._drones[number] = commanded(self._drones[number], command, self._drones[number].at)

    def moments(self) -> list[tuple[str, Saved]]:
        """What the flash is to remember of each drone."""
        return [(drone.drone_id, saved_of(drone)) for drone in self._drones]

    def _skip_to(self, until: datetime) -> None:
        missed = until - self._due[0][0]
        self._due = [(due + missed, number) for due, number in self._due]
        self._drones = [_later(drone, missed) for drone in self._drones]
        heapify(self._due)


def _later(drone: Drone, missed: timedelta) -> Drone:
    """The drone as if the time had not passed."""
    return msgspec.structs.replace(
        drone,
        at=drone.at + missed,
        telemetry_due=drone.telemetry_due + missed,
        phase_since=drone.phase_since + missed,
        inspect_until=None if drone.inspect_until is None else drone.inspect_until + missed,
    )
