# SPDX-License-Identifier: Apache-2.0
"""One run of the machine: boots, runs the script `run` of a shared folder, ends by itself or by a power cut."""
import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

APPEND = (
    "console=ttyS0 panic=-1 quiet loglevel=4 nokaslr mitigations=off audit=0 random.trust_cpu=on"
    " cryptomgr.notests no_timer_check tsc=reliable net.ifnames=0"
)
CUT = "cut"
LATE = "late"
STUCK = "stuck"
BOOT_SECONDS = 120


def die_with_parent():
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: no emulator outlives its runner


class Machine:
    """
    disks: raw files, /dev/vdb and on. What the machine's driver was told is written stays in the file when the
    emulator is killed: it is in the host's page cache. What is only in the machine's own page cache is lost.
    """

    def __init__(self, image, disks=(), keep_root=False, memory=1536, processors=2):
        self.image = Path(image)
        self.disks = disks
        self.keep_root = keep_root
        self.memory = memory
        self.processors = processors

    def kvm(self):
        """Whether the first boots of this image found a KVM that works."""
        return os.access("/dev/kvm", os.R_OK | os.W_OK) and (self.image / "accelerator").read_text() == "kvm"

    def command(self, shared, console):
        words = ["qemu-system-x86_64"]
        words += ["-accel", "kvm"] if self.kvm() else []
        words += ["-accel", "tcg,thread=multi,tb-size=512"]
        words += ["-M", "q35,usb=off,sata=off,smbus=off,vmport=off,hpet=off", "-cpu", "max,la57=off,arch-capabilities=off"]
        words += ["-smp", str(self.processors), "-m", str(self.memory)]
        words += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "file:%s" % console]
        # On a busy computer an emulated kernel may measure its time-stamp counter wrongly, and its clock runs at many times the
        # speed; the power management timer needs no measuring.
        append = APPEND + ("" if self.kvm() else " clocksource=acpi_pm")
        words += ["-kernel", str(self.image / "vmlinux"), "-initrd", str(self.image / "initrd.img"), "-append", append]
        root = "if=none,id=root,format=raw,cache=unsafe,file=%s" % (self.image / "root.img")
        words += ["-drive", root + ("" if self.keep_root else ",snapshot=on"), "-device", "virtio-blk-pci,drive=root"]
        for number, disk in enumerate(self.disks):
            words += ["-drive", "if=none,id=d%d,format=raw,cache=unsafe,file=%s" % (number, disk)]
            words += ["-device", "virtio-blk-pci,drive=d%d" % number]
        words += ["-fsdev", "local,id=host,security_model=none,path=%s" % shared]
        words += ["-device", "virtio-9p-pci,fsdev=host,mount_tag=host", "-device", "virtio-rng-pci"]
        return words

    def run(self, shared, limit, cut=lambda: False):
        """
        Runs SHARED/run. `cut` is asked often; when it says yes, the emulator is killed at once.
        Returns the script's status, CUT or LATE. Its output is in SHARED/output.
        """
        for _ in range(3):
            status = self._run_once(Path(shared), limit, cut)
            if status != STUCK:
                return status
        raise RuntimeError("the machine does not come up in %d seconds, tried three times" % BOOT_SECONDS)

    def _run_once(self, shared, limit, cut):
        for name in ("status", "output", "booted", "console"):
            (shared / name).unlink(missing_ok=True)
        errors = shared / "emulator"
        with open(errors, "wb") as log:
            emulator = subprocess.Popen(
                self.command(shared, shared / "console"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        begun = time.monotonic()
        try:
            while emulator.poll() is None:
                if cut():
                    return CUT
                if time.monotonic() > begun + limit:
                    return LATE
                # An emulated kernel sometimes spins before its first process. It has touched nothing of ours yet.
                if time.monotonic() > begun + BOOT_SECONDS and not (shared / "booted").is_file():
                    return STUCK
                time.sleep(0.01)
        finally:
            emulator.kill()
            emulator.wait()
        status = shared / "status"
        if not status.is_file():
            text = errors.read_text(errors="replace") + (shared / "console").read_text(errors="replace")
            raise RuntimeError("the machine ended without a status: " + text[-2000:])
        return int(status.read_text())

    def run_shell(self, script, limit):
        """Runs a line of shell; returns status and output."""
        shared = Path(tempfile.mkdtemp(prefix="dirtylog-vm"))
        try:
            (shared / "run").write_text(script + "\n")
            status = self.run(shared, limit)
            output = shared / "output"
            return status, output.read_text(errors="replace") if output.is_file() else ""
        finally:
            shutil.rmtree(shared)
