"""The command line: `run` receives, keeps and forwards; `load` sends a historic file; `rekey` changes a store's key.

`forward` is the sending process that run and load start.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_bridge import app
from edge_bridge.errors import StoreError
from edge_bridge.settings import (
    LoadSettings,
    SettingError,
    Settings,
    address,
    existing_file,
    fleet_list,
    from_environment,
    identity,
    needed,
    number,
    secret_in,
    store_key,
    writable_file,
)

WRONG_SETTING = 2


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """The exit code: 0 for a clean end, 2 for a wrong setting, 1 when it could not go on."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    try:
        match options.word:
            case "run":
                return app.run(_run_settings(options, environment))
            case "load":
                return app.load(_load_settings(options, environment))
            case "rekey":
                store = existing_file("--store", needed("--store", options.store, "the store's file"))
                key = store_key(environment, options.key_file, plain=options.plain)
                new_key = needed("--new-key-file", options.new_key_file, "a file with the new key")
                return app.rekey(store, key, secret_in("--new-key-file", new_key))
            case _:
                key = from_environment(environment, "store-key")
                return app.forward(Path(options.store), options.kafka, options.station, options.compression, key)
    except SettingError as problem:
        print(f"edge_bridge: {problem}", file=sys.stderr)  # noqa: T201
        return WRONG_SETTING
    except StoreError as problem:
        print(f"edge_bridge: {problem}", file=sys.stderr)  # noqa: T201
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge_bridge",
        description="A station's memory: keeps what its drones report, forwards it to headquarters, and loses nothing on the way.",
        epilog="Every option can also be set in the environment, as KESTREL_BROKER, KESTREL_STATION and so on; the command line wins.",
    )
    words = parser.add_subparsers(dest="word", required=True, metavar="run | load | rekey")
    run = words.add_parser("run", help="receive, keep and forward until ended")
    run.add_argument("--broker", metavar="HOST:PORT", help="the station's MQTT broker")
    run.add_argument("--station", metavar="ID", help="the station's id")
    run.add_argument("--store", metavar="FILE", help="file of the store; made if it is not there")
    run.add_argument("--kafka", metavar="HOST:PORT", help="headquarters; without it everything is kept and waits")
    run.add_argument(
        "--fleet", metavar="FILE", help="the station's drones, one id a line; without it every drone is heard"
    )
    run.add_argument("--compression", metavar="NAME", help="of what goes to headquarters: lz4 (default) or none")
    run.add_argument("--http", metavar="PORT", help="serve /metrics and /ready on this port of the loopback")
    run.add_argument(
        "--quota-mb", metavar="N", help="what the store may take on the disk; without it as much as there is"
    )
    run.add_argument("--keep-free-mb", metavar="N", help="what is left to others on its file system (default 64)")
    run.add_argument("--keep-sent-h", metavar="N", help="hours for which what headquarters has is kept (default 24)")
    run.add_argument(
        "--quarantine-mb", metavar="N", help="what quarantine may keep of messages that are nobody's (default 256)"
    )
    load = words.add_parser("load", help="send a historic CSV of the city through Kafka; goes on where it was ended")
    load.add_argument("file", metavar="FILE", help="the CSV, also as .gz")
    load.add_argument("--store", metavar="FILE", help="file of the store; made if it is not there")
    load.add_argument("--kafka", metavar="HOST:PORT", help="headquarters")
    load.add_argument("--chunk", metavar="N", help="records at a time (default 500)")
    rekey = words.add_parser("rekey", help="change the key of a store that no bridge is using")
    rekey.add_argument("--store", metavar="FILE", help="file of the store")
    rekey.add_argument("--new-key-file", metavar="FILE", help="the new key; readable by its owner alone")
    for word in (run, load, rekey):
        word.add_argument(
            "--key-file",
            metavar="FILE",
            help="the store's key, 64 hex digits or a passphrase; readable by its owner alone (or set KESTREL_STORE_KEY)",
        )
        word.add_argument("--plain", action="store_true", help="no key: whoever finds the disk can read the store")
    forward = words.add_parser("forward")
    for name in ("--store", "--kafka", "--station", "--compression"):
        forward.add_argument(name, required=True)
    return parser


def _run_settings(options: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    def given(name: str) -> str | None:
        return getattr(options, name) or from_environment(environment, name)

    kafka, fleet, http = given("kafka"), given("fleet"), given("http")
    return Settings(
        broker=address("--broker", needed("--broker", given("broker"), "HOST:PORT such as 127.0.0.1:1883")),
        station=identity("--station", needed("--station", given("station"), "the station's id such as midtown-south")),
        store=writable_file("--store", needed("--store", given("store"), "a file such as bridge.db")),
        kafka=address("--kafka", kafka) if kafka else None,
        fleet=fleet_list("--fleet", fleet) if fleet else None,
        compression=_compression(given("compression") or "lz4"),
        http=number("--http", http, 1, 65_535) if http else None,
        key=store_key(environment, options.key_file, plain=options.plain),
        quota_bytes=1_000_000 * number("--quota-mb", given("quota_mb") or "0", 0, 10**9),
        keep_free_bytes=2**20 * number("--keep-free-mb", given("keep_free_mb") or "64", 0, 10**9),
        quarantine_bytes=1_000_000 * number("--quarantine-mb", given("quarantine_mb") or "256", 0, 10**9),
        keep_sent_s=3_600.0 * number("--keep-sent-h", given("keep_sent_h") or "24", 0, 10**6),
    )


def _load_settings(options: argparse.Namespace, environment: Mapping[str, str]) -> LoadSettings:
    def given(name: str) -> str | None:
        return getattr(options, name) or from_environment(environment, name)

    file = Path(options.file)
    if not file.is_file():
        raise SettingError(f"FILE is {options.file!r}, and should be a file that exists")
    return LoadSettings(
        file=file,
        store=writable_file("--store", needed("--store", given("store"), "a file such as history.db")),
        kafka=address("--kafka", needed("--kafka", given("kafka"), "HOST:PORT such as 127.0.0.1:9092")),
        chunk=number("--chunk", given("chunk") or "500", 1, 100_000),
        key=store_key(environment, options.key_file, plain=options.plain),
    )


def _compression(value: str) -> str | None:
    if value not in ("lz4", "none"):
        raise SettingError(f"--compression is {value!r}, and should be lz4 or none")
    return None if value == "none" else value


if __name__ == "__main__":
    sys.exit(main())
