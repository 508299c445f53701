#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the corpora: what a hostile peer is known to do, in the words of scene.cpp and relay.cpp.

seeds.py DIRECTORY, where client/, server/ and tls/ are filled."""
import pathlib
import sys

(TURN, AWAIT, ANOTHER, NEXT_PEER, NEXT_HELD, TAKE, TAKE_AND_USE, TAKE_BY_ID, ACQUIRE, ACQUIRE_BY_ID, CANCEL, HARVEST, FLUSH, CLOSE,
 PUT_BACK, SEND, SEND_ID, RECEIVE, HALF_CLOSE, LEAVE, RESET, USE, READ, WRITE, GIVE_BACK, DISCARD, DETACH) = range(27)

HEX_ID = b"0badcafe"
BINARY_ID = bytes.fromhex("0badcafe")
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(64))
ALERT = bytes.fromhex("15030300020228")


def send(data):
    return bytes([SEND, len(data)]) + data


def acts(*parts):
    return b"".join(part if isinstance(part, bytes) else bytes([part]) for part in parts)


# What happens to an idle connection, and what holders do with it.
LIVES = {
    "use": acts(TAKE_AND_USE, send(b"answer"), TURN, READ, WRITE, 5, TURN, RECEIVE, GIVE_BACK, TURN, TAKE, GIVE_BACK),
    "bytes-idle": acts(send(b"unasked"), TURN, TAKE_BY_ID, USE, TURN, READ, GIVE_BACK, TURN),
    "bytes-then-end": acts(send(b"last words"), HALF_CLOSE, TURN, TAKE, TAKE_BY_ID, USE, TURN, READ, GIVE_BACK),
    "end-idle": acts(HALF_CLOSE, TAKE_AND_USE, TURN),
    "reset-idle": acts(RESET, TURN, TAKE_AND_USE),
    "reset-leased": acts(TAKE_AND_USE, RESET, TURN, WRITE, 3, GIVE_BACK, TURN),
    "leave-leased": acts(TAKE_AND_USE, send(b"bye"), LEAVE, TURN, READ, GIVE_BACK, TURN),
    "dirty": acts(TAKE_AND_USE, send(b"unread"), TURN, GIVE_BACK, TURN),
    "by-id": acts(RECEIVE, TAKE_BY_ID, USE, WRITE, 9, DISCARD, TURN, RECEIVE),
    "detach": acts(TAKE_AND_USE, DETACH, TURN, PUT_BACK, TURN, TAKE_AND_USE, READ),
    "detach-unused": acts(TAKE, DETACH, send(b"x"), PUT_BACK, TURN, TAKE_BY_ID, USE, TURN, READ),
    "wait": acts(TAKE, ACQUIRE, ACQUIRE_BY_ID, TURN, GIVE_BACK, TURN, HARVEST, CANCEL, TURN),
    "flush": acts(TAKE, FLUSH, TURN, GIVE_BACK, ANOTHER, TURN, ACQUIRE, CLOSE, HARVEST, TURN),
    "again": acts(CLOSE, ANOTHER, TURN, NEXT_PEER, RECEIVE, TAKE_AND_USE, NEXT_HELD, CLOSE),
}

# What a server may send before a client has its ID.
STARTS = {
    "id": acts(SEND_ID, 0, TURN),
    "id-cut": acts(send(HEX_ID[:3]), TURN, send(HEX_ID[3:]), TURN),
    "id-early": acts(send(HEX_ID + b"and more"), TURN),
    "id-twice": acts(SEND_ID, 0, NEXT_PEER, SEND_ID, 0, TURN),
    "id-short": acts(send(HEX_ID[:7]), TURN, HALF_CLOSE, TURN),
    "id-short-reset": acts(send(BINARY_ID[:2]), TURN, RESET, TURN),
    "id-zero": acts(send(bytes(8)), TURN),
    "id-long": acts(send(b"f" * 255), TURN),
    "nothing": acts(AWAIT),
    "half-then-nothing": acts(send(b"00"), AWAIT),
    "end": acts(HALF_CLOSE, TURN),
    "reset": acts(RESET, TURN),
}

GARBAGE = {
    "hello": acts(send(CLIENT_HELLO[:5]), TURN, send(CLIENT_HELLO[5:]), TURN, RECEIVE, RESET, TURN),
    "alert": acts(send(ALERT), TURN, HALF_CLOSE, TURN),
    "alert-cut": acts(send(ALERT[:4]), TURN, LEAVE, TURN),
    "text": acts(send(b"GET / HTTP/1.1\r\n\r\n"), TURN, RECEIVE, TURN),
    "nothing": acts(AWAIT),
}


HOOKS = ("none", "yes", "no", "throws", "hangs", "asks", "reads", "deletes")
ALWAYS = 64  # validateAfter 0
THREAD = 24  # a setup thread


def checked(first, second, start):
    """Each hook as a validator, which is asked always, and as a resetter; the peer answers what it may be asked."""
    for hook in range(1, 8):
        for name, life in LIVES.items():
            life = acts(start, ACQUIRE, TURN, RECEIVE, send(b"!"), AWAIT, HARVEST) + life + acts(send(b"!"), AWAIT)
            yield f"validator-{HOOKS[hook]}-{name}", bytes([first, second, 0, hook | ALWAYS]) + life
            yield f"resetter-{HOOKS[hook]}-{name}", bytes([first, second, 0, hook << 3]) + life


def client():
    for mode in (0, 4):  # bare descriptors, sockets
        for name, start in STARTS.items():
            yield f"{name}-{mode}", bytes([8 + mode, 16, 0, 0]) + start
        for name, life in LIVES.items():
            yield f"multi-{name}-{mode}", bytes([mode, 16, 0, 0]) + STARTS["id"] + acts(NEXT_PEER, SEND_ID, 1, TURN) + life
            yield f"binary-{name}-{mode}", bytes([2 + mode, 0, 0, 0]) + STARTS["id"] + life
            yield f"single-{name}-{mode}", bytes([1 + mode, 16, 0, 0]) + acts(TURN) + life
            yield f"stepwise-{name}-{mode}", bytes([1 + mode, 48, 0, 0]) + acts(TURN) + life
            yield f"thread-{name}-{mode}", bytes([mode, 16, THREAD, 0]) + STARTS["id"] + life
            yield f"early-{name}-{mode}", bytes([mode, 0, 0, 0]) + acts(send(HEX_ID + b"early"), TURN) + life
    for name, life in LIVES.items():
        for reaction in range(1, 9):
            yield f"slot-{reaction}-{name}", bytes([0, reaction, 0, 0]) + STARTS["id"] + life
    for name, garbage in GARBAGE.items():
        yield f"tls-{name}", bytes([8, 0, 6, 0]) + garbage
        yield f"tls-certificate-{name}", bytes([8, 0, 7 + THREAD, 0]) + garbage
    yield from checked(8, 16, STARTS["id"])


def server():
    for mode in (0, 4):  # TCP, socket pairs
        for name, life in LIVES.items():
            yield f"multi-{name}-{mode}", bytes([mode, 48, 0, 0]) + acts(ANOTHER, TURN, RECEIVE) + life
            yield f"binary-{name}-{mode}", bytes([2 + mode, 48, 0, 0]) + acts(TURN, RECEIVE) + life
            yield f"single-{name}-{mode}", bytes([1 + mode, 48, 0, 0]) + acts(ANOTHER, TURN) + life
            yield f"thread-{name}-{mode}", bytes([mode, 48, THREAD, 0]) + acts(ANOTHER, TURN, RECEIVE) + life
            yield f"per-peer-{name}-{mode}", bytes([mode, 112, 0, 0]) + acts(ANOTHER, ANOTHER, TURN, RECEIVE) + life
    for name, life in LIVES.items():
        for reaction in range(1, 9):
            yield f"slot-{reaction}-{name}", bytes([0, 48 + reaction, 0, 0]) + acts(TURN, RECEIVE) + life
    for name, garbage in GARBAGE.items():
        yield f"tls-{name}", bytes([8, 48, 6, 0]) + garbage
        yield f"mtls-{name}", bytes([0, 48, 7, 0]) + garbage
        yield f"mtls-thread-{name}", bytes([0, 48, 7 + THREAD, 0]) + garbage
    yield from checked(8, 48, acts(TURN, RECEIVE))


def tls():
    for mode in range(0, 256, 5):
        yield f"mode-{mode}", bytes([mode, 0b101])
        for hooks in (1, 2, 3, 4, 7):  # a validator, a resetter, a setup thread
            yield f"hooks-{hooks}-{mode}", bytes([mode, 0b10110 | hooks << 5])
    kinds = ("cut", "flip", "drop", "double", "insert", "end", "reset", "silence")
    for number, kind in enumerate(kinds):
        for towards, direction in (("server", 0), ("client", 8)):
            for page in (0, 1, 2, 4):  # of 256 bytes
                yield f"{kind}-to-{towards}-{page}", bytes([0, 0b101, number | direction | page << 4, 5, 7, direction, 3, 1])


for corpus in (client, server, tls):
    directory = pathlib.Path(sys.argv[1], corpus.__name__)
    directory.mkdir(parents=True, exist_ok=True)
    for seed, data in corpus():
        (directory / seed).write_bytes(data)
