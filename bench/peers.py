# SPDX-License-Identifier: Apache-2.0
"""The servers that are compared, each over its own files and its own Unix socket."""

import json
import os
import signal
import struct
import subprocess
import time

from client import Client, answers

BLOCK = 1 << 20
REGION_SECTORS = 1024


class Unavailable(Exception):
    """This peer cannot run here; the others can."""


def lay_out(path, size, piece):
    """Writes every block once, so that no peer allocates while it is measured. All files get the same bytes. The size of
    the pieces matters: the page cache keeps what one call wrote in one folio, and ext4 looks at all of a folio for each
    4 KiB written into it later."""
    noise = b"dirtylog" * (piece // 8)
    with open(path, "wb", buffering=0) as out:
        for number in range(size // piece):
            out.write(struct.pack(">Q", number) + noise[8:])
        os.fsync(out.fileno())


class Peer:
    """One server process; `copies` says how many files it keeps equal."""

    name = None
    what = None
    copies = 2
    export = ""

    def __init__(self, folder, size):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.size = size
        self.socket = os.path.join(self.folder, "nbd.sock")
        self.files = [os.path.join(self.folder, "leg%d" % n) for n in range(self.copies)]
        self.process = None

    def prepare(self, piece):
        """Makes the files. All are equal: a mirror told `nosync` must be able to believe it."""
        for path in self.files:
            lay_out(path, self.size, piece)

    def command(self):
        raise NotImplementedError

    def launch(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.errors = open(os.path.join(self.folder, "stderr"), "ab")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)

    def start(self):
        self.launch()
        self.await_answer(30)

    def await_answer(self, patience):
        """Seconds until the export answered."""
        begun = time.monotonic()
        while not answers(self.socket, self.export):
            if self.process.poll() is not None or time.monotonic() - begun > patience:
                with open(os.path.join(self.folder, "stderr"), errors="replace") as text:
                    raise Unavailable("%s: no answer on %s; it said: %s" % (self.name, self.socket, text.read()[-2000:]))
            time.sleep(0.005)
        return time.monotonic() - begun

    def stop(self):
        """Ends the process and tells how long that took."""
        if self.process is None:
            return 0.0
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.errors.close()
        return time.monotonic() - begun

    def uri(self):
        return "nbd+unix:///%s?socket=%s" % (self.export, self.socket)

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def heat(self):
        """Touches every region, so that a log has marked all of them before the time is taken."""
        client = Client(self.socket, self.export)
        client.write_each(range(0, self.size, REGION_SECTORS * 512), b"dirtylog" * 512)
        client.close()

    def settle(self):
        """Writes back what the cell left behind, so that the next cell does not pay for it."""
        for path in self.files:
            handle = os.open(path, os.O_RDWR)
            os.fsync(handle)
            os.close(handle)

    def copies_differ(self):
        """The first block in which the copies differ, or None. Asked when the server has ended."""
        handles = [open(path, "rb") for path in self.files]
        try:
            for number in range(self.size // BLOCK):
                blocks = [handle.read(BLOCK) for handle in handles]
                if any(block != blocks[0] for block in blocks):
                    return number
            return None
        finally:
            for handle in handles:
                handle.close()


class Nbdkit(Peer):
    name = "nbdkit"
    what = "nbdkit file: one copy, no log"
    copies = 1

    def command(self):
        return ["nbdkit", "--foreground", "--unix", self.socket, "file", self.files[0]]


class QemuQuorum(Peer):
    """Writes go to both children and are answered when both have them. `fifo` reads one child, as a mirror does;
    the other pattern, `quorum`, reads all and compares, which no mirror does. Threshold 1 goes on when one fails."""

    name = "qemu"
    what = "qemu-storage-daemon quorum, fifo: two copies, no log"
    export = "q"

    def command(self):
        nodes = ["--blockdev", "driver=file,node-name=leg0,filename=" + self.files[0],
                 "--blockdev", "driver=file,node-name=leg1,filename=" + self.files[1],
                 "--blockdev", "driver=quorum,node-name=q,vote-threshold=1,read-pattern=fifo,"
                               "children.0=leg0,children.1=leg1"]
        return ["qemu-storage-daemon"] + nodes + [
            "--nbd-server", "addr.type=unix,max-connections=0,addr.path=" + self.socket,
            "--export", "type=nbd,id=e,node-name=q,name=q,writable=on"]


class BareLoop(Peer):
    name = "bare"
    what = "bare Java loop: two copies, no log"

    def command(self):
        here = os.path.dirname(os.path.abspath(__file__))
        classes = os.path.join(here, "target", "classes")
        subprocess.run([java("javac"), "-d", classes, os.path.join(here, "BareLoop.java")], check=True)
        return [java("java"), "-cp", classes, "BareLoop", self.socket] + self.files


def java(tool):
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", tool) if home else tool


def distribution(given):
    """The folder of a built dirtylog: the one given, or else what the build left."""
    here = os.path.dirname(os.path.abspath(__file__))
    if given:
        return os.path.abspath(given)
    target = os.path.join(here, os.pardir, "launcher", "target")
    for name in sorted(os.listdir(target)) if os.path.isdir(target) else []:
        if os.path.exists(os.path.join(target, name, "bin", "dirtylog")):
            return os.path.abspath(os.path.join(target, name))
    return os.path.abspath(os.path.join(target, "missing"))


class Dirtylog(Peer):
    """Ours, as a user runs it: the distribution, a home, a mirror made with `mirror:create`."""

    log_arguments = None
    distribution = None

    def __init__(self, folder, size):
        super().__init__(folder, size)
        self.export = self.name
        self.home = os.path.join(self.folder, "home")
        self.socket = os.path.join(self.home, "nbd.sock")

    def launcher(self):
        return os.path.join(self.distribution, "bin", "dirtylog")

    def command(self):
        if not os.path.exists(self.launcher()):
            raise Unavailable("%s: no distribution, build it with mvn package" % self.name)
        return [self.launcher(), "run", "--home", self.home]

    def execute(self, words):
        done = subprocess.run([self.launcher(), "exec", "--home", self.home, words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable("%s: exec '%s' ended with %d: %s%s"
                              % (self.name, words, done.returncode, done.stdout, done.stderr))
        return done.stdout

    def launch(self):
        # Its own sockets: a stale one is the launcher's business.
        self.errors = open(os.path.join(self.folder, "stderr"), "ab")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)

    def start(self):
        self.launch()
        self.await_control(30)
        if not os.path.exists(os.path.join(self.home, "etc", "org.dirtylog.mirror-%s.cfg" % self.name)):
            legs = " ".join("%s 0" % path for path in self.files)
            table = "0 %d mirror %s 2 %s" % (self.size // 512, self.log_arguments % {"folder": self.folder}, legs)
            self.execute("mirror:create %s '%s'" % (self.name, table))
        self.await_answer(30)
        self.await_sync(60)

    def await_control(self, patience):
        deadline = time.monotonic() + patience
        while True:
            try:
                return self.execute("mirror:list")
            except Unavailable:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def await_sync(self, patience):
        """Reads of a region that is not in sync are another story."""
        deadline = time.monotonic() + patience
        while True:
            status = json.loads(self.execute("mirror:status %s --json" % self.name))
            if status["inSync"] == status["regions"]:
                return
            if time.monotonic() > deadline:
                raise Unavailable("%s: not in sync: %s" % (self.name, status))
            time.sleep(0.2)


class CoreLog(Dirtylog):
    name = "core"
    what = "dirtylog, log in memory: two copies"
    log_arguments = "core 2 %d nosync" % REGION_SECTORS


class DiskLog(Dirtylog):
    name = "disk"
    what = "dirtylog, log on disk: two copies"
    log_arguments = "disk 3 %%(folder)s/log %d nosync" % REGION_SECTORS


ALL = [Nbdkit, QemuQuorum, BareLoop, CoreLog, DiskLog]
