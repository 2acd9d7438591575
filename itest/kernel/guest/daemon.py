# SPDX-License-Identifier: Apache-2.0
"""The distribution, running in the machine: start, ready line, commands, stop."""
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time

DIST = "/tmp/dist"


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
            env=dict(os.environ, DIRTYLOG_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"),  # an emulated processor compiles slowly
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
        done = subprocess.run([DIST + "/bin/dirtylog", "exec", "--home", self.home, text], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError("%s: status %d: %s%s" % (text, done.returncode, done.stdout, done.stderr))
        return done.stdout

    def status(self, name):
        return json.loads(self.command("mirror:status %s --json" % name))

    def await_in_sync(self, name, limit=300, dirty=None):
        state = {}

        def settled():
            state.update(self.status(name))
            recovery = state["recovery"]
            copied = state["inSync"] == state["regions"] and recovery["bytesDone"] == recovery["bytesTotal"]
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
