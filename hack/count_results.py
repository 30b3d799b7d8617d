#!/usr/bin/env python3
"""Adds up the JUnit files in a folder and prints the closing line `N passed, N failed[, N skipped]`.

Exit status 1 when a test failed, when nothing ran, or when a part left no result at all.
"""
import pathlib
import sys
import xml.etree.ElementTree as ET


def main() -> int:
    passed = failed = skipped = 0
    names = []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
        for case in ET.parse(path).getroot().iter("testcase"):
            if case.find("skipped") is not None:
                skipped += 1
            elif case.find("failure") is not None or case.get("status") in ("fail", "error"):
                failed += 1
                names.append(case.get("name", "?"))
            else:
                passed += 1
    for name in names:
        print(f"failed: {name}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
