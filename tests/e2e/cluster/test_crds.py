"""The API server's own verdicts: every case of tests/unit/crd/cases with the words a user sees, and `penstock validate` agrees."""
import os

import pytest

from local_cluster import LocalCluster, ROOT, run

SCRIPTS = ROOT / "tests/integration/crd"
PENSTOCK = os.environ.get("PENSTOCK", str(ROOT / "build/release/penstock"))


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster() as running:
        running.up()
        running.kubectl("apply", "--server-side", "-f", ROOT / "crds")
        running.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
        yield running


def test_every_case_has_the_servers_words(cluster):
    run("/usr/bin/python3", SCRIPTS / "replay_cases.py", env=cluster.env)


def test_offline_verdicts_are_the_servers(cluster):
    run("/usr/bin/python3", SCRIPTS / "compare_verdicts.py", "--binary", PENSTOCK, "--seed", "1", "--count", "1000", env=cluster.env)
