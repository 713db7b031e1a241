"""The whole stack killed, found again by another shell, and ended with nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from installers.local import running
from installers.local.places import ROOT
from installers.local.processes import all_gone
from installers.local.running import StackState

WAIT_S = 120.0


def kestrel_stack(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`kestrel stack ...` as another shell runs it, set-up apart."""
    command = [sys.executable, "-m", "installers.local", "stack", "--folder", str(folder), *words]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def processes_of(state: StackState) -> list[tuple[int, float]]:
    return [pair for part in state.parts for pair in part.processes.values()]


def state_of(folder: Path) -> StackState:
    state = running.read_state(folder)
    assert state is not None
    return state


def address(state: StackState, part: str, use: str) -> str:
    found = state.address(part, use)
    assert found is not None
    return found


def test_a_stack_killed_with_its_servers_comes_back_on_the_same_ports_with_all_that_it_had(tmp_path: Path) -> None:
    up = kestrel_stack(tmp_path, "up", "--detach")
    assert up.returncode == 0, up.stderr
    first = state_of(tmp_path)
    assert {part.name for part in first.parts} == {"mosquitto", "kafka", "hdfs"}
    twice = kestrel_stack(tmp_path, "up")
    assert twice.returncode == 1
    assert f"runs already, in process {first.supervisor_pid}" in twice.stderr

    producer = KafkaProducer(bootstrap_servers=address(first, "kafka", "headquarters"), acks="all")
    producer.send("kestrel.violations", b"kept", partition=0).get(30)
    producer.close()
    place = f"{address(first, 'hdfs', 'files')}/kept"
    write_deltalake(place, pa.table({"n": [1, 2, 3]}))

    # A power cut, as far as processes can tell: the servers and then who watches over them, all without a chance to tidy up.
    for pid in [pid for pid, _ in processes_of(first)] + [first.supervisor_pid]:
        psutil.Process(pid).kill()
    assert all_gone(processes_of(first), 20)

    again = kestrel_stack(tmp_path, "up", "--detach")
    assert again.returncode == 0, again.stderr
    second = state_of(tmp_path)
    assert [part.addresses for part in second.parts] == [part.addresses for part in first.parts]
    consumer = KafkaConsumer(bootstrap_servers=address(second, "kafka", "headquarters"), enable_auto_commit=False)
    assert consumer.end_offsets([TopicPartition("kestrel.violations", 0)]) == {
        TopicPartition("kestrel.violations", 0): 1
    }
    consumer.close()
    assert sorted(DeltaTable(place).to_pyarrow_table()["n"].to_pylist()) == [1, 2, 3]
    shown = json.loads(kestrel_stack(tmp_path, "status", "--json").stdout)
    assert [part["name"] for part in shown["parts"]] == ["mosquitto", "kafka", "hdfs"]

    # Only who watches over the servers is killed: the guards end the servers.
    psutil.Process(second.supervisor_pid).kill()
    assert all_gone(processes_of(second), 20)
    assert kestrel_stack(tmp_path, "down").stderr == "nothing runs\n"


def test_down_ends_everything_even_while_it_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "installers.local", "stack", "--folder", str(tmp_path), "up"]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stderr is not None
        assert supervisor.stderr.readline().startswith("mosquitto is ready")
        state = state_of(tmp_path)

        down = kestrel_stack(tmp_path, "down")

        assert down.stderr == "everything is ended\n"
        assert supervisor.wait(WAIT_S) == 0
        assert all_gone(processes_of(state), 0)
    assert kestrel_stack(tmp_path, "status").returncode == 1
