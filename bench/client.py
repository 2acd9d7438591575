# SPDX-License-Identifier: Apache-2.0
"""A client that knows just enough of NBD to see whether an export answers, and to touch it here and there."""

import socket
import struct

REQUEST_MAGIC = 0x25609513
READ, WRITE, DISCONNECT = 0, 1, 2
BATCH = 16


class Client:
    """One connection, simple replies. Anything unexpected is an OSError."""

    def __init__(self, path, export):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.settimeout(30)
            self.socket.connect(path)
            self.stream = self.socket.makefile("rwb")
            if self.take(18)[:16] != b"NBDMAGICIHAVEOPT":
                raise OSError("not an NBD server")
            self.go(export.encode())
        except BaseException:
            self.socket.close()
            raise

    def go(self, name):
        option = struct.pack(">I", len(name)) + name + struct.pack(">H", 0)
        self.send(struct.pack(">I8sII", 3, b"IHAVEOPT", 7, len(option)) + option)
        kind = 0
        while kind != 1:
            _, _, kind, length = struct.unpack(">QIII", self.take(20))
            self.take(length)
            if kind >> 31:
                raise OSError("no such export: %#x" % kind)

    def send(self, data):
        self.stream.write(data)
        self.stream.flush()

    def take(self, length):
        data = self.stream.read(length)
        if len(data) < length:
            raise OSError("the server closed the connection")
        return data

    def answer(self):
        _, error, _ = struct.unpack(">IIQ", self.take(16))
        if error:
            raise OSError(error, "the server answered")

    def read(self, offset, length):
        self.send(struct.pack(">IHHQQI", REQUEST_MAGIC, 0, READ, 7, offset, length))
        self.answer()
        return self.take(length)

    def write_each(self, offsets, data):
        """Writes the same at all these places, a batch at a time."""
        for first in range(0, len(offsets), BATCH):
            batch = offsets[first:first + BATCH]
            self.send(b"".join(struct.pack(">IHHQQI", REQUEST_MAGIC, 0, WRITE, 7, at, len(data)) + data for at in batch))
            for _ in batch:
                self.answer()

    def close(self):
        try:
            self.send(struct.pack(">IHHQQI", REQUEST_MAGIC, 0, DISCONNECT, 7, 0, 0))
        finally:
            self.stream.close()
            self.socket.close()


def answers(path, export):
    """One handshake and one read of 4 KiB; False while the server is not there yet."""
    try:
        client = Client(path, export)
        client.read(0, 4096)
        client.close()
        return True
    except (OSError, struct.error):
        return False
