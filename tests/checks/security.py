"""Holds docs/security.md against the tree: every requirement stands there once, and every file that it names exists.

The requirements are counted, so that none is lost in an edit. Prints what does not hold and ends with 1.
"""
import collections
import pathlib
import re
import sys

REQUIREMENTS = 253  # of levels 1 and 2 of OWASP ASVS 5.0
ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (.*) \|$", re.M)
FILE = re.compile(r"`((?:src|tests|docs|bench|script)/[\w./-]+|package-lock\.json|ARCHITECTURE\.md)`")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    text = (root / "docs/security.md").read_text()
    rows = ROW.findall(text)
    faults = [f"{id} stands there {count} times" for id, count in collections.Counter(id for id, _ in rows).items() if count > 1]
    if len(rows) != REQUIREMENTS:
        faults.append(f"there are {len(rows)} requirements, not {REQUIREMENTS}")
    faults += [f"{id} says nothing" for id, what in rows if not what.strip()]
    faults += [f"there is no {file}" for file in sorted(set(FILE.findall(text))) if not (root / file).exists()]
    print("\n".join(faults) or f"{len(rows)} requirements, {len(set(FILE.findall(text)))} files")
    return 1 if faults else 0


sys.exit(main())
