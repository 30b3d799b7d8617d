#!/usr/bin/env python3
"""docker_archive.py --name NAME --out OUT.tar [--layer TAR]... [--file SRC:DST:MODE]... [OPTIONS] -- ENTRYPOINT...

A docker-archive image from layers and files: no daemon, no registry. The same inputs give the same bytes.
"""
import argparse
import gzip
import hashlib
import io
import json
import pathlib
import tarfile


def file_layer(specs: list[str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for spec in sorted(specs, key=lambda s: s.split(":")[1]):
            source, target, mode = spec.split(":")
            info = tarfile.TarInfo(target)
            data = pathlib.Path(source).read_bytes()
            info.size, info.mode = len(data), int(mode, 8)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    tar.addfile(info, io.BytesIO(data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--env", action="append", default=["PATH=/usr/bin:/bin"])
    parser.add_argument("--label", action="append", default=[])
    parser.add_argument("--user", default="")
    parser.add_argument("--gzip", action="store_true", help="compress the layers")
    parser.add_argument("entrypoint", nargs="+")
    options = parser.parse_args()

    layers = [pathlib.Path(path).read_bytes() for path in options.layer]
    if options.file:
        layers.append(file_layer(options.file))
    ids = [hashlib.sha256(layer).hexdigest() for layer in layers]
    config = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Entrypoint": options.entrypoint, "Env": options.env, "User": options.user, "WorkingDir": "/",
                   "Labels": dict(label.split("=", 1) for label in options.label)},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + layer_id for layer_id in ids]}, "history": [],
    }, sort_keys=True).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [options.name],
                            "Layers": [layer_id + "/layer.tar" for layer_id in ids]}]).encode()
    with tarfile.open(options.out, "w") as tar:
        add(tar, config_name, config)
        for layer_id, layer in zip(ids, layers):
            add(tar, layer_id + "/layer.tar", gzip.compress(layer, 6, mtime=0) if options.gzip else layer)
        add(tar, "manifest.json", manifest)


if __name__ == "__main__":
    main()
