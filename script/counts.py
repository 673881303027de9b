"""Counts what passed and failed in a log of tests, and shows what a failed one said.

counts.py meson LOG     meson's testlog.json, of programs that use cmocka; one that fails, crashes or counts nothing has failed
counts.py node LOG      the TAP of node --test

Prints the failures, then `PASSED FAILED` alone on the last line.
"""
import json
import re
import sys

SHOWN = 60  # lines of a failed program's output


def count_cmocka(test):
    """(passed, failed, what to say or None)"""
    out = (test.get("stdout") or "") + (test.get("stderr") or "")
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test\(s\)", out))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test\(s\)", out))
    if test["result"] == "SKIP":
        return 0, 0, "skipped itself"
    if test["result"] == "OK" and passed + failed == 0:
        return 0, 1, "counted no test"
    if test["result"] != "OK" and failed == 0:
        return passed, 1, f"ended with {test['result']} (status {test.get('returncode')})"
    return passed, failed, "has failed tests" if failed else None


def count_meson(lines):
    passed = failed = 0
    for line in lines:
        test = json.loads(line)
        good, bad, why = count_cmocka(test)
        passed += good
        failed += bad
        if why:
            print(f"{test['name']} {why}")
        if bad:
            said = ((test.get("stdout") or "") + (test.get("stderr") or "")).splitlines()
            said = [s for s in said if not re.match(r"\[ +(RUN|OK) +\]", s)]
            print("\n".join("    " + s for s in said[-SHOWN:]))
    return passed, failed


def count_node(lines):
    sums = dict.fromkeys(["pass", "fail", "cancelled", "skipped", "todo"], 0)
    for line in lines:
        found = re.match(r"# (\w+) (\d+)\s*$", line)
        if found and found[1] in sums:
            sums[found[1]] = int(found[2])
        elif re.match(r"\s*ok .* # SKIP", line):
            print("skipped:" + re.sub(r"^\s*ok \d+ -", "", line.rstrip()))
    return sums["pass"], sums["fail"] + sums["cancelled"]


def main():
    kind, log = sys.argv[1:]
    with open(log, encoding="utf-8", errors="replace") as lines:
        print(*{"meson": count_meson, "node": count_node}[kind](lines))


if __name__ == "__main__":
    main()
