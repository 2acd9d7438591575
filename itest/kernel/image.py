# SPDX-License-Identifier: Apache-2.0
"""Builds what the machine boots: Debian's kernel, a small initrd, and an ext4 image with a userland.

apt resolves and downloads the packages of this computer's own sources; they are unpacked into a
folder. Nothing is installed, and no step needs root.
"""
import fcntl
import hashlib
import lzma
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = """base-files libc-bin bash dash coreutils util-linux mount kmod procps grep sed mawk dmsetup e2fsprogs
    busybox-static python3 openjdk-17-jre-headless""".split()
EARLY = ["virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "crc32c_intel"]
LATE = ["9p", "9pnet_virtio", "virtio_rng", "loop", "dm-mod", "dm-log", "dm-region-hash", "dm-mirror"]
TOOLS = {  # program: Debian package
    "qemu-system-x86_64": "qemu-system-x86",
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
    "mkfs.ext4": "e2fsprogs",
    "cpio": "cpio",
    "modprobe": "kmod",
    "depmod": "kmod",
    "ldconfig": "libc-bin",
}
SKIP = 77


class Unavailable(Exception):
    """Something this computer lacks; whoever asked should skip."""


def cache():
    return Path(os.environ.get("DIRTYLOG_VM_CACHE") or HERE / ".cache")


def say(text):
    print("vm: " + text, file=sys.stderr, flush=True)


def require_tools():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.environ["PATH"] = path
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        raise Unavailable("missing here: %s (Debian: apt-get install %s)" % (", ".join(missing), " ".join(missing)))


def recipe():
    """What the image depends on; a change of it builds anew."""
    digest = hashlib.sha256()
    for name in ("image.py", "guest/initrd-init", "guest/init"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def ready():
    stamp = cache() / "recipe"
    return stamp.is_file() and stamp.read_text() == recipe()


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(map(str, command)), (done.stderr or done.stdout)[-800:]))
    return done.stdout


def apt(folder, *words):
    """apt against an empty status file: as if nothing were installed."""
    (folder / "debs" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "state" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text("")
    options = {
        "Dir::State": folder / "state",  # lists of our own: those of this computer may be missing or old
        "Dir::State::status": folder / "status",
        "Dir::Cache::archives": folder / "debs",
        "APT::Install-Recommends": "0",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
    }
    try:
        return run(*words[:1], *("-o%s=%s" % item for item in options.items()), *words[1:], cwd=folder / "debs")
    except RuntimeError as failure:
        raise Unavailable("apt could not get the machine's packages: %s" % failure) from failure


def kernel_package(folder):
    for line in apt(folder, "apt-cache", "depends", "linux-image-amd64").splitlines():
        name = line.split()[-1]
        if "Depends:" in line and name.startswith("linux-image-"):
            return name
    raise Unavailable("apt's sources have no linux-image-amd64; they must be Debian's")


def unpack(folder):
    """Downloads and unpacks; returns the folders of the kernel and of the userland, and the kernel's version."""
    say("downloading packages")
    kernel, root = folder / "kernel", folder / "root"
    for stale in (kernel, root, folder / "debs"):
        shutil.rmtree(stale, ignore_errors=True)
    apt(folder, "apt-get", "-q", "update")
    apt(folder, "apt-get", "-q", "-y", "--download-only", "install", *PACKAGES)
    user = sorted((folder / "debs").glob("*.deb"))
    apt(folder, "apt-get", "-q", "download", kernel_package(folder))
    say("unpacking %d packages" % len(user))
    for name in ("bin", "sbin", "lib", "lib64"):  # before the packages: they go through the links
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to("usr/" + name)
    for deb in sorted((folder / "debs").glob("*.deb")):
        if deb in user:
            tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
            run("tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", root, stdin=tar.stdout)
            if tar.wait():
                raise RuntimeError("cannot unpack " + deb.name)
        else:
            run("dpkg-deb", "-x", deb, kernel)
    shutil.rmtree(folder / "debs")
    shutil.rmtree(folder / "state")
    return kernel, root, next((kernel / "lib/modules").iterdir()).name


def extract_elf(bzimage, target):
    """Unpacks the ELF kernel: booting it saves the emulated processor seconds of decompression."""
    image = bzimage.read_bytes()
    offset, length = struct.unpack_from("<II", image, 0x248)  # payload_offset and _length of the boot protocol
    start = ((image[0x1F1] or 4) + 1) * 512 + offset
    payload = image[start : start + length]
    if payload[:6] != b"\xfd7zXZ\0":
        raise RuntimeError("%s is not compressed with xz" % bzimage)
    target.write_bytes(lzma.LZMADecompressor().decompress(payload))


def modules(kernel, version, names):
    """The files of the modules and of what they need, in loading order."""
    files = {}
    for name in names:
        for line in run("modprobe", "-d", kernel, "-S", version, "--show-depends", name).splitlines():
            if line.startswith("insmod "):
                files[Path(line.split()[1])] = True
    return list(files)


def install(source, target):
    shutil.copyfile(source, target)
    target.chmod(0o755)


def furnish(kernel, root, version):
    """What the packages' own scripts would have done, as far as the machine needs it."""
    for name in ("doc", "man", "locale", "info", "fonts", "perl5", "perl"):
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    for name in ("proc", "sys", "dev", "run", "tmp", "host", "root", "disks"):
        (root / name).mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost vm\n")
    (root / "etc/fstab").write_text("")
    jvm = next((root / "usr/lib/jvm").glob("java-17-openjdk-*"))
    for link, target in (("java", "../lib/jvm/%s/bin/java" % jvm.name), ("awk", "mawk"), ("sh", "dash")):
        path = root / "usr/bin" / link
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    install(HERE / "guest/init", root / "sbin/vm-init")
    run("ldconfig", "-r", root)
    base = root / "lib/modules" / version
    base.mkdir(parents=True)
    for file in modules(kernel, version, EARLY + LATE):
        target = root / file.relative_to(kernel)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        shutil.copy(kernel / "lib/modules" / version / name, base)
    run("depmod", "-b", root, version)


def class_archive(root):
    """
    Java starts in half the time with an archive of its classes. Made here by the machine's Java if that runs here, which
    saves a boot; its settings are links into /etc, so it does where the same Java is installed. Says whether it did.
    """
    java = next((root / "usr/lib/jvm").glob("java-17-openjdk-*/bin/java"))
    try:
        run(java, "-Xshare:dump")
    except (OSError, RuntimeError):
        return False
    return True


def initrd(folder, kernel, root, version):
    tree = folder / "initrd"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "dev", "proc", "sys", "mods", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", tree / "bin")
    for number, file in enumerate(modules(kernel, version, EARLY)):
        shutil.copy(file, tree / "mods" / ("%02d-%s" % (number, file.name)))
    install(HERE / "guest/initrd-init", tree / "init")
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with open(folder / "initrd.img", "wb") as image:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=tree, input=names.encode(), stdout=image, check=True)
    shutil.rmtree(tree)


def first_boots(folder, archived):
    import machine

    # A nested KVM may be there and hang, so it is believed only after it booted once.
    (folder / "accelerator").write_text("kvm")
    try:
        works = machine.Machine(folder).kvm() and machine.Machine(folder).run_shell("true", limit=15)[0] == 0
    except RuntimeError:
        works = False
    (folder / "accelerator").write_text("kvm" if works else "tcg")
    if archived:
        return
    # Otherwise the machine itself makes it: no root and no chroot needed here.
    status, output = machine.Machine(folder, keep_root=True).run_shell("java -Xshare:dump >/dev/null", limit=300)
    if status:
        raise RuntimeError("the new machine does not work: status %s\n%s" % (status, output[-2000:]))


def build():
    """Builds the image unless it is there and current; returns its folder."""
    require_tools()
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two scenarios may be started at once
        if not ready():
            make(folder)
    return folder


def make(folder):
    (folder / "recipe").unlink(missing_ok=True)
    kernel, root, version = unpack(folder)
    run("depmod", "-b", kernel, version)
    extract_elf(kernel / "boot" / ("vmlinuz-" + version), folder / "vmlinux")
    furnish(kernel, root, version)
    archived = class_archive(root)
    initrd(folder, kernel, root, version)
    say("making the root image")
    image = folder / "root.img"
    image.unlink(missing_ok=True)
    run("truncate", "-s", "900M", image)
    run("mkfs.ext4", "-q", "-F", "-O", "^has_journal,^metadata_csum", "-m", "0", "-d", root, image)
    for done in (kernel, root):
        shutil.rmtree(done)
    first_boots(folder, archived)
    (folder / "recipe").write_text(recipe())
