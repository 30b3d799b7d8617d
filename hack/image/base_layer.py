#!/usr/bin/env python3
"""base_layer.py OUT.tar PACKAGE.deb...   The image's base: files of Debian packages, a non-root user, nothing that runs.

Left out are documentation (but not the copyright files), programs and character set converters: a server of UTF-8 needs
none, and an image without a shell gives an intruder none. What is installed stands in var/lib/dpkg/status.d, where image
scanners look for it. The same packages give the same bytes.
"""
import io
import re
import subprocess
import sys
import tarfile

USER = 65532
LEFT_OUT = re.compile(r"^(usr/)?s?bin/|^etc/|^usr/share/(?!ca-certificates/|doc/[^/]+/copyright$)|/gconv/|/audit/")
CERTIFICATE = re.compile(r"^usr/share/ca-certificates/.*\.crt$")
FOLDERS = (("tmp", 0o1777, 0), ("etc", 0o755, 0), ("etc/ssl", 0o755, 0), ("etc/ssl/certs", 0o755, 0), ("var", 0o755, 0),
           ("var/lib", 0o755, 0), ("var/lib/dpkg", 0o755, 0), ("var/lib/dpkg/status.d", 0o755, 0),
           ("var/lib/penstock", 0o750, USER))
FILES = {
    "etc/passwd": f"root:x:0:0:root:/:/nonexistent\npenstock:x:{USER}:{USER}:penstock:/var/lib/penstock:/nonexistent\n",
    "etc/group": f"root:x:0:\npenstock:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/os-release": 'PRETTY_NAME="Penstock (Debian packages, no shell)"\nNAME="Debian GNU/Linux"\nID=debian\n',
}


def output(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def entry(name: str, mode: int, owner: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid, info.type = mode, owner, owner, kind
    return info


def main() -> None:
    out, packages = sys.argv[1], sorted(sys.argv[2:])
    entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    certificates: list[bytes] = []

    def put(info: tarfile.TarInfo, data: bytes = b"") -> None:
        info.size = len(data)
        entries[info.name] = (info, data)

    for package in packages:
        control = output("dpkg-deb", "--field", package)
        name = output("dpkg-deb", "--field", package, "Package").decode().strip()
        put(entry(f"var/lib/dpkg/status.d/{name}", 0o644), control)
        with tarfile.open(fileobj=io.BytesIO(output("dpkg-deb", "--fsys-tarfile", package))) as tar:
            for member in tar:
                path = member.name.removeprefix("./").rstrip("/")
                if not path or member.isdir() or LEFT_OUT.search(path):
                    continue
                data = tar.extractfile(member).read() if member.isfile() else b""
                if CERTIFICATE.match(path):
                    certificates.append(data)
                    continue
                info = entry(path, member.mode, kind=member.type)
                info.linkname = member.linkname.removeprefix("./") if member.islnk() else member.linkname
                put(info, data)
    for name, mode, owner in FOLDERS:
        put(entry(name, mode, owner, tarfile.DIRTYPE))
    for name, text in FILES.items():
        put(entry(name, 0o644), text.encode())
    # What ca-certificates' install script would have made, and where OpenSSL looks for it.
    put(entry("etc/ssl/certs/ca-certificates.crt", 0o644), b"".join(sorted(certificates)))
    link = entry("usr/lib/ssl/cert.pem", 0o777, kind=tarfile.SYMTYPE)
    link.linkname = "/etc/ssl/certs/ca-certificates.crt"
    put(link)
    with tarfile.open(out, "w") as tar:
        for name in sorted(entries):
            info, data = entries[name]
            tar.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    main()
