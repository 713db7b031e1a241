"""A lossy link between a drone and its publisher: drop, delay, duplicate, reorder, and clocks that are wrong. From a seed, without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class LinkFaults(msgspec.Struct, frozen=True, kw_only=True):
    """How bad the link is. All zero: it is perfect."""

    drop: float = 0.0  # share of messages that never arrive, 0 to 1
    duplicate: float = 0.0  # share that arrives twice
    reorder: float = 0.0  # share that the next message overtakes
    delay_s: float = 0.0  # longest delay; each message waits between none and this, in order


OVERTAKEN_S = 1.0  # a message that waits to be overtaken goes on by itself after this


class LossyLink(Generic[T]):
    """Messages go in at one end and come out at the other: late, twice, in another order, or not at all."""

    def __init__(self, faults: LinkFaults, rng: Random) -> None:
        self._faults, self._rng = faults, rng
        self._under_way: list[tuple[datetime, T]] = []  # in the order of arrival
        self._overtaken: tuple[datetime, T] | None = None

    def put(self, messages: Iterable[T], now: datetime) -> list[T]:
        """Sends messages into the link at `now`; returns those that it drops."""
        lost = []
        for message in messages:
            if self._rng.random() < self._faults.drop:
                lost.append(message)
                continue
            twice = self._rng.random() < self._faults.duplicate
            if self._overtaken is None and self._rng.random() < self._faults.reorder:
                self._overtaken = (now, message)
                continue
            for _ in range(2 if twice else 1):
                self._send(message, now)
            self._let_go(now)
        return lost

    def arrived(self, now: datetime) -> list[T]:
        """What comes out at the other end until `now`, in the order of arrival."""
        if self._overtaken is not None and now - self._overtaken[0] >= timedelta(seconds=OVERTAKEN_S):
            self._let_go(now)
        done = [message for arrival, message in self._under_way if arrival <= now]
        del self._under_way[: len(done)]
        return done

    def _send(self, message: T, now: datetime) -> None:
        arrival = now + timedelta(seconds=self._faults.delay_s * self._rng.random())
        if self._under_way:
            arrival = max(arrival, self._under_way[-1][0])  # a delay alone overtakes nobody
        self._under_way.append((arrival, message))

    def _let_go(self, now: datetime) -> None:
        if self._overtaken is not None:
            _, message = self._overtaken
            self._overtaken = None
            self._send(message, now)


def clock_skew(rng: Random, most_s: float) -> timedelta:
    """How wrong a drone's clock is: the same for all its life, between minus and plus `most_s`, in whole milliseconds."""
    return timedelta(milliseconds=round((2 * rng.random() - 1) * most_s * 1000))
