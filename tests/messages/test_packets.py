"""Packets out of a stream of bytes: the same ones however the network cuts it, and nothing but MalformedPacket from any bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messages.packets import MalformedPacket, Packet, Packets, Publish, publish_of

TOPICS = st.text(max_size=20)
NUMBERS = st.none() | st.integers(1, 65_535)


def written(command: int, body: bytes) -> bytes:
    """A packet as it travels: first byte, length in sevens of bits, body."""
    length, left = bytearray(), len(body)
    while True:
        length.append(left % 128 | (0x80 if left > 127 else 0))
        left //= 128
        if not left:
            return bytes([command]) + bytes(length) + body


def a_publish(topic: str, payload: bytes, number: int | None, told: bytes = b"") -> tuple[int, bytes]:
    """First byte and body of a PUBLISH; `told` are its properties, shorter than 128 bytes."""
    name = topic.encode()
    middle = b"" if number is None else number.to_bytes(2)
    body = len(name).to_bytes(2) + name + middle + bytes([len(told)]) + told + payload
    return 0x30 if number is None else 0x32, body


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Publish | Packet], bytes]:
    """Packets, and the bytes they travel in."""
    packets: list[Publish | Packet] = []
    stream = b""
    for _ in range(draw(st.integers(0, 8))):
        if draw(st.booleans()):
            topic, payload, number = draw(TOPICS), draw(st.binary(max_size=300)), draw(NUMBERS)
            packets.append(Publish(topic, payload, number, None, None))
            stream += written(*a_publish(topic, payload, number))
        else:
            command, body = draw(st.sampled_from([0x20, 0x34, 0x40, 0xD0])), draw(st.binary(max_size=300))
            packets.append(Packet(command, body))
            stream += written(command, body)
    return packets, stream


@given(given=streams(), data=st.data())
def test_however_the_stream_is_cut_the_packets_are_the_same(given, data):
    packets, stream = given
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader = Packets()
    found: list[Publish | Packet] = []

    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.take(stream[begin:end])

    assert found == packets


def test_half_a_packet_of_a_connection_that_broke_is_not_read_with_the_next_one():
    whole = written(*a_publish("a/b", b"payload", 7))
    reader = Packets()
    assert list(reader.take(whole[:9])) == []

    reader.forget()

    assert list(reader.take(whole)) == [Publish("a/b", b"payload", 7, None, None)]


def test_a_reader_that_stops_in_the_middle_goes_on_behind_what_it_has_seen():
    first, second = written(*a_publish("a", b"1", None)), written(*a_publish("a", b"2", None))
    reader = Packets()

    for packet in reader.take(first + second):
        assert packet == Publish("a", b"1", None, None, None)
        break

    assert list(reader.take(b"")) == [Publish("a", b"2", None, None, None)]


@given(body=st.binary(max_size=60), command=st.sampled_from([0x30, 0x32, 0x3A]))
@example(body=b"\x00\x01a\x05\x08\x00\x02bb", command=0x30)  # properties that end before they say so
@example(body=b"\x00\x01a\x01\x7f", command=0x30)  # a property that MQTT 5 does not have
def test_no_bytes_make_a_publish_raise_anything_but_malformed(body, command):
    try:
        found = publish_of(command, body)
    except MalformedPacket:
        return

    assert isinstance(found, Publish)


@given(data=st.lists(st.binary(max_size=40), max_size=5))
def test_no_stream_raises_anything_but_malformed(data):
    reader = Packets()
    try:
        for part in data:
            for packet in reader.take(part):
                assert isinstance(packet, Publish | Packet)
    except MalformedPacket:
        pass


def test_a_length_that_never_ends_is_refused_and_not_waited_for():
    with pytest.raises(MalformedPacket):
        list(Packets().take(b"\x30\xff\xff\xff\xff\xff"))


def test_where_to_answer_is_read_among_all_other_properties():
    answer, mark = b"\x08\x00\x03a/b", b"\x09\x00\x02\x00\x01"
    others = b"\x01\x01" + b"\x02\x00\x00\x00\x3c" + b"\x26\x00\x01k\x00\x01v" + b"\x0b\x81\x01" + b"\x23\x00\x05"

    found = publish_of(*a_publish("t", b"p", 3, others + answer + mark + b"\x03\x00\x01x"))

    assert found == Publish("t", b"p", 3, "a/b", b"\x00\x01")


def test_a_topic_that_is_no_text_is_still_a_topic():
    assert publish_of(0x30, b"\x00\x02\xff\xfe\x00x").topic == "\\xff\\xfe"
