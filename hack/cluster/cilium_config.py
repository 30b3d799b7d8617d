#!/usr/bin/env python3
"""cilium_config.py RENDERED.yaml FOLDER KEY=VALUE...   From Cilium's rendered chart: the agent's config folder and its RBAC.

The agent runs as a plain process here, so of the chart only the ConfigMap and the access rules are of use.
"""
import pathlib
import sys

import yaml

ACCESS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
OURS = {
    "procfs": "/proc",
    "enable-dynamic-config": "false",
    "enable-hubble": "false",
    "k8s-require-ipv4-pod-cidr": "true",
    "external-envoy-proxy": "true",
    "devices": "eth0",
    "direct-routing-device": "eth0",
    "enable-drift-checker": "false",
}


def main() -> None:
    rendered, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    ours = OURS | dict(pair.split("=", 1) for pair in sys.argv[3:])
    keep = []
    for document in yaml.safe_load_all(rendered.read_text()):
        if not document:
            continue
        if document["kind"] == "ConfigMap" and document["metadata"]["name"] == "cilium-config":
            keep.append(document)
            for key, value in (document["data"] | ours).items():
                (folder / "config" / key).write_text(value)
        elif document["kind"] in ACCESS:
            keep.append(document)
    (folder / "apply.yaml").write_text(yaml.safe_dump_all(keep))


if __name__ == "__main__":
    main()
