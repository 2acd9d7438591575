# SPDX-License-Identifier: Apache-2.0
"""The distribution, running in the machine: start, ready line, commands, stop."""
import json
import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

DIST = "/tmp/dist"
# An emulated processor compiles and verifies slowly: without, a start takes half as long. The other tests verify the same classes.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"


class Daemon:
    def __init__(self, home):
        if not os.path.isdir(DIST):
            shutil.copytree("/host/dist", DIST)
        self.home = home
        self.log = open("/host/daemon.log", "ab", buffering=0)
        self.process = subprocess.Popen(
            [DIST + "/bin/dirtylog", "run", "--home", home],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=dict(os.environ, DIRTYLOG_JAVA_OPTIONS=JAVA_OPTIONS),
        )
        self.ready = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.ready.put(line.decode().strip())
        self.ready.put(None)

    def socket(self):
        return self.home + "/nbd.sock"

    def await_ready(self, name, limit=300):
        self.await_ready_any([name], limit)

    def await_ready_any(self, names, limit=300):
        """Takes one ready line."""
        line = self.ready.get(timeout=limit)
        if not line or not any(line.startswith("ready %s nbd+unix:///" % name) for name in names):
            raise RuntimeError("instead of a ready line: %r" % line)

    def command(self, text):
        """Through the control socket: an emulated processor needs seconds to start the Java machine of an exec."""
        status, output, errors = self._command(text)
        if status:
            raise RuntimeError("%s: status %d: %s" % (text, status, output + errors))
        return output

    def attempt(self, text):
        """A command that may be refused; whether it was not."""
        return self._command(text)[0] == 0

    def _command(self, text):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.home + "/control.sock")
            control.sendall(struct.pack(">cI", b"C", len(text.encode())) + text.encode())
            stream = control.makefile("rb")
            said = {b"O": b"", b"E": b""}
            while True:
                kind, length = struct.unpack(">cI", stream.read(5))
                content = stream.read(length)
                if kind == b"X":
                    break
                said[kind] += content
        return struct.unpack(">i", content)[0], said[b"O"].decode(), said[b"E"].decode()

    def status(self, name):
        return json.loads(self.command("mirror:status %s --json" % name))

    def await_in_sync(self, name, limit=300, dirty=None, each=lambda daemon, name, status: None):
        """Asks until all is copied to all legs; tells `each` what it saw."""
        state = {}

        def settled():
            state.update(self.status(name))
            each(self, name, state)
            recovery = state["recovery"]
            copied = state["inSync"] == state["regions"] and recovery["bytesDone"] == recovery["bytesTotal"]
            copied = copied and all(leg["state"] == "current" for leg in state["legs"])
            return copied and (dirty is None or state["dirty"] == dirty)

        self._until(settled, limit, "the mirror does not come in sync")
        return state

    def _until(self, condition, limit, message):
        end = time.monotonic() + limit
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(message + " (status %s)" % self.process.poll())
            time.sleep(0.1)

    def stop(self, limit=120):
        """A clean stop. A Java machine that ended in good order after SIGTERM says so by status 143."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(limit)
        if status not in (0, 128 + signal.SIGTERM):
            raise RuntimeError("after SIGTERM it ended with status %d" % status)

    def kill(self):
        self.process.kill()
        self.process.wait()
