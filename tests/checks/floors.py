"""Reads every #include "…" under src/ and holds it against the floors of the house: a file uses its own room and the floors below.

A feature may also use another's public header, features/X/X.h, and no circle may come of it; of its own room, app knows everything.
A test (*_test.c) may use whatever it likes. Prints what does not hold and ends with 1.
"""
import pathlib
import re
import sys

FLOORS = [
    ["base"],
    ["core"],
    ["extract"],
    ["search"],
    ["ai", "store", "bus", "crypto"],
    ["http", "identity"],
    ["blob", "mail"],
    ["jobs"],
    ["features"],
    ["app"],
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def includes(src):
    """Every (file, line, header) as paths in parts below src."""
    for file in sorted(src.rglob("*.[chS]")):
        if file.name.endswith("_test.c"):
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                yield file.relative_to(src).parts, number, pathlib.PurePosixPath(found[1]).parts


def fault(user, header):
    """What is wrong with this include, or None."""
    if len(header) == 1:
        return "says not in which room the header is"
    if user[0] not in FLOOR:
        return f"is in the room {user[0]}, which stands on no floor; tests/checks/floors.py lists them"
    if header[0] not in FLOOR:
        return "is in no room"
    if user[0] == header[0] == "features":
        if user[1] != header[1] and header[2:] != (header[1] + ".h",):
            return "is private to its feature"
        return None
    if user[0] != header[0] and FLOOR[user[0]] <= FLOOR[header[0]]:
        return "is not below " + user[0]
    if header[0] == "features" and user[0] != "app":
        return "is above"
    return None


def circles(uses):
    """Every circle that a walk along `uses` (feature → {feature: where}) comes upon, once."""
    done, found = set(), []

    def walk(feature, path):
        if feature in path:
            found.append(path[path.index(feature):] + [feature])
            return
        if feature in done:
            return
        for other in sorted(uses.get(feature, {})):
            walk(other, path + [feature])
        done.add(feature)

    for feature in sorted(uses):
        walk(feature, [])
    return found


def main():
    src = pathlib.Path(__file__).resolve().parents[2] / "src"
    faults, uses, count = [], {}, 0
    for user, number, header in includes(src):
        count += 1
        wrong = fault(user, header)
        if wrong:
            faults.append(f"src/{'/'.join(user)}:{number}: {'/'.join(header)} {wrong}")
        if user[0] == header[0] == "features" and user[1] != header[1]:
            uses.setdefault(user[1], {}).setdefault(header[1], f"src/{'/'.join(user)}:{number}")
    for circle in circles(uses):
        places = ", ".join(uses[a][b] for a, b in zip(circle, circle[1:]))
        faults.append(f"features go in a circle: {' → '.join(circle)} ({places})")
    if not count:
        faults.append("no includes were found")
    print("\n".join(faults) or f"{count} includes go down")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
