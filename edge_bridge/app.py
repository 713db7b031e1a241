"""Wiring: the receiving process with its sending child, the loader, and the sending process itself."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from edge_bridge.child import SENDER_LOST, STORE_DAMAGED, Child
from edge_bridge.errors import SinkLost, StoreDamaged, StoreError
from edge_bridge.history_rows import NotTheCitysFile
from edge_bridge.history_source import FileProblem, HistorySource
from edge_bridge.http_door import HttpDoor
from edge_bridge.intake import Rules, is_urgent
from edge_bridge.loader import Loader
from edge_bridge.mqtt_source import MqttSource
from edge_bridge.receiver import Receiver
from edge_bridge.settings import LoadSettings, SettingError, Settings
from edge_bridge.shedding import Limits, log_pages
from edge_bridge.storage.database import LOG_PAGES, PAGE_BYTES
from edge_bridge.storage.disk import Reserve, free_bytes
from edge_bridge.storage.keeping import Keeper
from edge_bridge.storage.lock import AlreadyLockedError, Lock
from edge_bridge.storage.opening import open_store
from edge_bridge.storage.opening import rekey as change_key
from edge_bridge.storage.outbox import SqliteOutbox, SqliteSendings
from edge_bridge.storage.sealing import SealError
from edge_bridge.storage.store import SqliteStore
from edge_bridge.storage.upkeep import Upkeep
from messages.codec import encode
from messages.priority import Lane
from messages.state import BridgeStatus
from messages.topics import bridge_status_topic

try:
    import resource
except ImportError:  # Windows writes no core files
    resource = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

PARTLY = 3  # load's exit code: some records are in quarantine
LOCK_WAIT_S = 3.0  # a bridge that was just killed lets go within milliseconds


def run(settings: Settings) -> int:
    """Receives, keeps and forwards until SIGTERM or SIGINT. Raises SettingError, StoreError."""
    stop = _stop_on_signals()
    _leave_no_core()
    lock = _locked(settings.store)
    store = _open_store(settings.store, settings.key)
    log.info("%s", _words(settings))
    boot, had_session = store.next_boot(), store.remembered("session") is not None
    store.remember("session", "1")
    store.close()
    child = _child(settings, settings.kafka, settings.compression) if settings.kafka else None
    will = BridgeStatus(station=settings.station, state="offline", boot=boot, at=_now())
    field = MqttSource(
        settings.broker,
        station=settings.station,
        will_topic=bridge_status_topic(settings.station),
        will=encode(will),
        had_session=had_session,
        urgent=is_urgent,
    )
    sendings = SqliteSendings(settings.store, key=settings.key) if settings.kafka else None
    limits = Limits(settings.quota_bytes, settings.keep_free_bytes, settings.keep_sent_s, settings.quarantine_bytes)

    def mended() -> None:
        if sendings is not None:
            sendings.reopen()
        if child is not None:
            child.again()

    keeper = Keeper(settings.store, settings.key, mended, log_pages=log_pages(limits, PAGE_BYTES, LOG_PAGES))
    receiver = Receiver(
        field,
        keeper.open,
        sendings,
        Rules(station=settings.station, fleet=settings.fleet),
        boot=boot,
        clock=_now,
        retry=child.retry if child else lambda: None,
        wake=child.wake if child else lambda: None,
        stopping=stop.is_set,
        upkeep=Upkeep(limits, Reserve(settings.store), lambda: free_bytes(settings.store), _now, sendings),
        quota_bytes=settings.quota_bytes,
        encrypted=settings.key is not None,
        damaged=keeper.damaged,
    )
    door = _http_door(settings, receiver)
    try:
        _receive(receiver, child, stop, lambda: field.listening, f"ready: station {settings.station}, boot {boot}")
    finally:
        if child is not None:
            child.begin_stop()
        if door is not None:
            door.close()
        receiver.stop()
        field.close()
        if child is not None:
            child.stop()
        lock.release()
    return 0


def _receive(
    receiver: Receiver, child: Child | None, stop: threading.Event, listening: Callable[[], bool], ready_words: str
) -> None:
    """Turns until told to stop; says once that it is ready, and looks after the sending process."""
    ready = False
    while not stop.is_set():
        receiver.turn()
        if listening() and not ready:
            ready = True
            log.info("%s", ready_words)
        if child is not None:
            child.look_after()
            if child.found_damage:
                child.found_damage = False
                receiver.failed(StoreDamaged("the sending process cannot read what is stored"))


def load(settings: LoadSettings) -> int:
    """Sends a historic file, or what is left of it. Raises SettingError, StoreError.

    0: every record is in Kafka; PARTLY: so is every record that could be read, the others are in quarantine; 1: the file could not be
    read on, or the load was ended before all was in Kafka.
    """
    stop = _stop_on_signals()
    _leave_no_core()
    begun = time.monotonic()
    lock = _locked(settings.store)
    store = _open_store(settings.store, settings.key)
    sendings = SqliteSendings(settings.store, key=settings.key)
    child: Child | None = None
    try:
        source = HistorySource(settings.file)
        loader = Loader(source, store, chunk=settings.chunk, clock=_now)
        if loader.resumed_at:
            log.info("going on after record %d", loader.resumed_at)
        child = _child(settings, settings.kafka, "lz4")
        complete = _load_all(loader, store, sendings, child, stop, settings.ahead_rows)
    except (FileProblem, NotTheCitysFile) as problem:
        raise SettingError(f"{settings.file}: {problem}") from None
    finally:
        if child is not None:
            child.stop()
        lock.release()
    place = loader.place
    words = (
        f"records={place.records} stored={place.records - place.quarantined} quarantined={place.quarantined}"
        f" sent={sendings.sent().get('history', 0)} distinct_summons={store.summons_numbers(place.fingerprint)}"
        f" seconds={time.monotonic() - begun:.1f}"
    )
    log.info("%s: %s", "loaded" if complete else "ended before all was sent; the next load goes on here", words)
    store.close()
    if not complete:
        return 1
    return PARTLY if place.quarantined else 0


def _load_all(
    loader: Loader, store: SqliteStore, sendings: SqliteSendings, child: Child, stop: threading.Event, ahead_rows: int
) -> bool:
    """Whether everything is read and confirmed; False when a signal came first."""
    reading = True
    while not stop.is_set():
        child.look_after()
        waiting = store.last_row_of(Lane.HISTORY) - sendings.sent_through()[Lane.HISTORY]
        if reading and waiting < ahead_rows:
            reading = loader.turn()
            child.wake()
        elif not reading and waiting <= 0:
            return True
        else:
            stop.wait(0.02)
    return False


def forward(store: Path, kafka: str, station: str, compression: str, key: str | None) -> int:
    """The sending process: sends until its parent or a signal ends it; SENDER_LOST when it should be replaced."""
    # Here and not above: the receiving process never speaks Kafka and need not carry its client.
    from edge_bridge.kafka_sink import KafkaSink
    from edge_bridge.sending import Hand, Sending

    _leave_no_core()
    hand = Hand(sys.stdin.buffer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: hand.stop())
    lock = Lock(store.with_name(store.name + ".sending"))
    while True:  # the sender of a bridge that was killed ends by itself, a moment later
        try:
            lock.acquire(wait_s=0.5)
            break
        except AlreadyLockedError:
            if hand.stopped.is_set():
                os._exit(0)  # the thread that hears the parent cannot be ended otherwise
    try:
        outbox = SqliteOutbox(store, key=key)
    except StoreDamaged as error:
        log.error("%s", error)
        os._exit(STORE_DAMAGED)

    def open_sink() -> KafkaSink:
        return KafkaSink(
            kafka, station=station, store_id=outbox.store_id, compression=None if compression == "none" else compression
        )

    try:
        Sending(outbox, kafka, open_sink, hand, random.Random()).run()
    except StoreDamaged as error:
        log.error("%s", error)
        logging.shutdown()
        os._exit(STORE_DAMAGED)
    except SinkLost as error:
        log.warning("starting again: %s", error)
        logging.shutdown()
        os._exit(SENDER_LOST)  # at once: no thread of the producer may send anything more
    logging.shutdown()
    os._exit(0)  # what the producer's threads still hold is found by the next process


def rekey(store: Path, key: str | None, new_key: str) -> int:
    """Changes a store's key; the bridge must not run. Raises SettingError, StoreError."""
    _leave_no_core()
    lock = _locked(store)
    try:
        change_key(store, key, new_key)
    except SealError as problem:
        raise SettingError(f"--store is '{store}', and the key is not changed: {problem}") from None
    finally:
        lock.release()
    log.info("%s has the new key; start the bridge with it, and keep the old one for copies made before", store)
    return 0


def _child(settings: Settings | LoadSettings, kafka: str, compression: str | None) -> Child:
    """The sending process. It has the key from its environment: a command line is readable by every user of the machine."""
    argv = [
        *(sys.executable, "-m", "edge_bridge", "forward", "--store", str(settings.store), "--kafka", kafka),
        *("--station", settings.station, "--compression", compression or "none"),
    ]
    return Child(argv, environment={"KESTREL_STORE_KEY": settings.key or "", "KESTREL_KEY_FILE": ""})


def _leave_no_core() -> None:
    """A crash must not write the key and the messages in memory to the disk."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open_store(path: Path, key: str | None) -> SqliteStore:
    """The store, made, encrypted or brought up to date, and proven. Raises SettingError."""
    try:
        return open_store(path, key)
    except SealError as problem:
        raise SettingError(f"--store is '{path}', and the bridge does not start: {problem}") from None
    except StoreError as error:
        raise SettingError(
            f"--store is '{path}', and should be a store of the bridge or a new file ({error})"
        ) from None


def _http_door(settings: Settings, receiver: Receiver) -> HttpDoor | None:
    """The pages for whoever watches, where a port is set. Raises SettingError."""
    if settings.http is None:
        return None
    try:
        return HttpDoor(settings.http, lambda: receiver.last_status)
    except OSError as error:
        raise SettingError(f"--http is {settings.http}, and should be a free port ({error.strerror})") from None


def _locked(store: Path) -> Lock:
    lock = Lock(store.with_name(store.name + ".lock"))
    try:
        lock.acquire(wait_s=LOCK_WAIT_S)
    except AlreadyLockedError:
        raise SettingError(f"--store is '{store}', and should be a file that no other bridge is using") from None
    return lock


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def stopping(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping)
    return stop


def _words(settings: Settings) -> str:
    fleet = "any" if settings.fleet is None else f"{len(settings.fleet)} drones"
    return (
        f"edge bridge: broker={settings.broker} station={settings.station} store={settings.store} kafka={settings.kafka or 'none'}"
        f" fleet={fleet} encrypted={'proven' if settings.key else 'NO: anybody who finds the disk can read the store'}"
        f" compression={settings.compression or 'none'}"
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (a shell)
