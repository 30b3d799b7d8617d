#!/usr/bin/env python3
"""Runs a program with KUBECONFIG naming a control plane that was started for it, and ends that afterwards.

  on_control_plane.py PROGRAM [ARGUMENT...]
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/cluster"))
from local_cluster import LocalCluster  # noqa: E402


def main() -> int:
    with LocalCluster().up() as cluster:
        print(f"control plane {cluster.id} up in {cluster.seconds['up']:.1f} s", flush=True)
        return subprocess.run(sys.argv[1:], env=cluster.env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
