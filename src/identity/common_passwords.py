"""Turns the list of common passwords into the table that src/identity/password.c looks up: common_passwords.py OUT IN

The passwords are hashed (FNV-1a, as text_hash does) into buckets; a bucket's passwords stand one after the other, each behind
its length, and `starts` says where each bucket begins. A lookup reads one bucket, and none has more than LARGEST.
"""
import sys

BUCKETS = 1 << 13
LARGEST = 12


def fnv(key):
    hash = 0xCBF29CE484222325
    for byte in key:
        hash = (hash ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return hash


def main(out, source):
    passwords = open(source, "rb").read().split()
    buckets = [[] for _ in range(BUCKETS)]
    for password in passwords:
        assert len(password) < 256 and password == password.lower(), password
        buckets[fnv(password) % BUCKETS].append(password)
    assert max(map(len, buckets)) <= LARGEST, "a bucket is too full; more BUCKETS are needed"
    starts, place = [], 0
    with open(out, "w") as file:
        file.write('#include "identity/common_passwords.h"\n\n')
        file.write(f"const size_t common_password_count = {len(passwords)};\nconst char common_passwords[] =\n")
        for bucket in buckets:
            starts.append(place)
            for password in bucket:
                spelled = "".join(chr(byte) if chr(byte).isalnum() else f"\\{byte:03o}" for byte in password)
                file.write(f'    "\\{len(password):03o}" "{spelled}"\n')
                place += 1 + len(password)
        starts.append(place)
        file.write("    ;\n\nconst uint32_t common_password_starts[COMMON_PASSWORD_BUCKETS + 1] = {\n")
        for i in range(0, len(starts), 16):
            file.write("    " + " ".join(f"{start}," for start in starts[i:i + 16]) + "\n")
        file.write(f"}};\n\n_Static_assert(COMMON_PASSWORD_BUCKETS == {BUCKETS}, \"as the table was made\");\n")


main(sys.argv[1], sys.argv[2])
