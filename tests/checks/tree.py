"""Reads every tracked file for what belongs to one machine and not to the project: absolute paths of somebody's home or of this
checkout, hosts of package registries and mirrors; and for marks of an unfinished merge and names that say nothing. Prints what it finds and ends with 1.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The place where a registry is comes from the machine's own settings.
HOST = r"\b(?:registry|npm|deb|apt|archive|security|mirrors?|pypi|proxy)\.[a-z0-9-]+\.(?:org|com|net|io|dev|local|internal|lan)\b"
HOME = r"(?<![\w.$}])/(?:home|Users)/[a-z][\w-]*/"
MARK = r"^(?:<{7}|>{7}) "
VAGUE = re.compile(r"(^|/)(utils?|helpers?|common|misc|stuff)(\.[^/]*)?(/|$)")


def tracked():
    out = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [name for name in out.decode().split("\0") if name]


def main():
    patterns = [("a registry's host", HOST), ("somebody's path", HOME), ("a merge's mark", MARK)]
    if len(ROOT.parts) > 2:
        patterns.append(("this checkout's path", re.escape(str(ROOT)) + r"(?![\w-])"))
    patterns = [(what, re.compile(pattern)) for what, pattern in patterns]
    faults, names = [], tracked()
    for name in names:
        if VAGUE.search(name):
            faults.append(f"{name}: a name that says nothing")
        file = ROOT / name
        if not file.is_file() or name.startswith("tests/fuzz/corpus/"):
            continue
        data = file.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            for what, pattern in patterns:
                found = pattern.search(line)
                if found:
                    faults.append(f"{name}:{number}: {what}: {found[0]}")
    print("\n".join(faults) or f"{len(names)} files belong to no machine")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
