# SPDX-License-Identifier: Apache-2.0
"""
One client that writes stamped blocks until the power goes.

Its journal is a file of the host: `w BOOT BLOCK STAMP` is there before the write is sent, `f BOOT` after a flush was
acknowledged. It flushes through a second connection, which must cover what was answered on the first. A client works on a few neighbouring blocks, leaves them to be cleaned, and goes on elsewhere.
"""
import os
import random
import time

import nbd
import stamps


def write(socket_path, export, journal_path, number, order):
    boot, clients = order["boot"], order["clients"]
    flush_seconds = order["flushSeconds"]  # mean time between two flushes
    rng = random.Random("%s-%d-%d" % (order["seed"], boot, number))
    client, flusher = nbd.Client(socket_path, export), nbd.Client(socket_path, export)
    mine = client.size // stamps.BLOCK // clients
    journal = os.open(journal_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    stamp = boot << 32 | number << 24
    next_flush = time.monotonic() + rng.expovariate(1 / flush_seconds)
    while True:
        base = number * mine + rng.randrange(mine - 16)
        for _ in range(rng.randint(1, 4)):
            blocks = rng.sample(range(base, base + 16), rng.randint(1, 8))
            batch = []
            for block in blocks:
                stamp += 1
                batch.append((block, stamp))
            os.write(journal, "".join("w %d %d %d\n" % (boot, *item) for item in batch).encode())
            client.write_all([(block * stamps.BLOCK, stamps.payload(block, value)) for block, value in batch])
        if time.monotonic() > next_flush:
            flusher.flush()
            os.write(journal, b"f %d\n" % boot)
            next_flush = time.monotonic() + rng.expovariate(1 / flush_seconds)
        time.sleep(rng.random() * 0.08)
