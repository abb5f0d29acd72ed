#!/usr/bin/env -S python3 -I -S
# SPDX-License-Identifier: Apache-2.0
"""Stands in for rclone where it need not be installed: an object store in a folder, a file an object, so that its names are kept to the letter.

FAKE_RCLONE_STORE is the folder, FAKE_RCLONE_VERSION what it says it is, FAKE_RCLONE_LOG collects the words it is called with. FAKE_RCLONE_FAIL=N fails the N-th call that sends,
receives or removes, after half of its names. FAKE_RCLONE_LOSE=TEXT: objects whose names hold it are sent without arriving. FAKE_RCLONE_FEATURES is what it says the store can do.
"""
import datetime
import json
import os
import sys

STORE = os.environ["FAKE_RCLONE_STORE"]


def object_file(name):
    return os.path.join(STORE, name.replace("%", "%25").replace("/", "%2F"))


def copy_file(source, target):
    with open(source, "rb") as file:
        content = file.read()
    # An object is there whole or not at all.
    with open(f"{target}.{os.getpid()}.part", "wb") as file:
        file.write(content)
    os.rename(f"{target}.{os.getpid()}.part", target)


def is_remote(place):
    return not place.startswith("/")


def prefix(place):
    return place.split(":")[-1].rstrip("/") + "/"


def must_fail():
    wanted = int(os.environ.get("FAKE_RCLONE_FAIL", "0"))
    if not wanted:
        return False
    counter = os.path.join(os.path.dirname(STORE), "fake-rclone-calls")
    count = int(open(counter).read()) + 1 if os.path.exists(counter) else 1
    with open(counter, "w") as file:
        file.write(str(count))
    return count == wanted


def moved_names(words):
    with open(words[words.index("--files-from-raw") + 1]) as file:
        names = file.read().splitlines()
    return (names[: len(names) // 2], True) if must_fail() else (names, False)


def copy(words):
    source, target = words[-2:]
    names, fails = moved_names(words)
    for name in names:
        if is_remote(target):
            path = os.path.join(source, name)
            if os.path.exists(path) and (not os.environ.get("FAKE_RCLONE_LOSE") or os.environ["FAKE_RCLONE_LOSE"] not in name):
                copy_file(path, object_file(prefix(target) + name))
        elif os.path.exists(object_file(prefix(source) + name)):
            path = os.path.join(target, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            copy_file(object_file(prefix(source) + name), path)
    return fails


def delete(words):
    names, fails = moved_names(words)
    for name in names:
        if os.path.exists(object_file(prefix(words[-1]) + name)):
            os.remove(object_file(prefix(words[-1]) + name))
    return fails


def lsjson(words):
    below = prefix(words[-1])
    found = []
    for file in sorted(os.listdir(STORE)):
        if file.endswith(".part"):
            continue
        name = file.replace("%2F", "/").replace("%25", "%")
        if name.startswith(below):
            path = name[len(below):]
            if "--include" not in words or (path.count("/") == 1 and path.endswith("/run.json")):
                try:
                    info = os.stat(os.path.join(STORE, file))
                except FileNotFoundError:
                    continue  # removed since
                written = datetime.datetime.fromtimestamp(info.st_mtime_ns // 10**9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{info.st_mtime_ns % 10**9:09}Z"
                found.append({"Path": path, "Size": info.st_size, "ModTime": written, "IsDir": False})
    print(json.dumps(found))


def check(words):
    """As with --combined -: a mark and a name, one a line."""
    differ = False
    with open(words[words.index("--files-from-raw") + 1]) as file:
        names = file.read().splitlines()
    source, target = words[-2:]
    for name in names:
        there = object_file(prefix(target) + name)
        if not os.path.exists(there):
            mark = "+"
        else:
            with open(os.path.join(source, name), "rb") as ours, open(there, "rb") as theirs:
                mark = "=" if ours.read() == theirs.read() else "*"
        differ = differ or mark != "="
        print(mark, name)
    if differ:
        print("2026/01/01 00:00:00 Failed to check: differences found", file=sys.stderr)
        sys.exit(1)


def main():
    words = sys.argv[1:]
    os.makedirs(STORE, exist_ok=True)
    if "FAKE_RCLONE_LOG" in os.environ:
        with open(os.environ["FAKE_RCLONE_LOG"], "a") as file:
            file.write(json.dumps(words) + "\n")
    fails = False
    if words == ["version"]:
        print("rclone v" + os.environ.get("FAKE_RCLONE_VERSION", "1.75.2"))
    elif words == ["listremotes"]:
        print("store:")
    elif words[:2] == ["backend", "features"]:
        print(json.dumps({"Features": json.loads(os.environ.get("FAKE_RCLONE_FEATURES", '{"BucketBased": true}'))}))
    elif words[0] == "cat":
        with open(object_file(words[-1].split(":")[-1])) as file:
            sys.stdout.write(file.read())
    elif words[0] == "lsjson":
        lsjson(words)
    elif words[0] == "check":
        check(words)
    elif words[0] == "copy":
        fails = copy(words)
    elif words[0] == "delete":
        fails = delete(words)
    else:
        sys.exit(f"fake rclone: {words}")
    if fails:
        print("2026/01/01 00:00:00 Failed to copy: the network is gone", file=sys.stderr)
        sys.exit(1)


main()
