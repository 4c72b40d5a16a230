#!/usr/bin/python3
"""Rebuilds the content of a blob from the directory of a chunk store, without Tintype: written from docs/chunk-store-format.md alone.

    rebuild.py STORE BLOB OUTPUT

Needs Python's standard library and the program zstd. Whatever is not as the page says ends it with a sentence and status 1.
"""

import collections
import hashlib
import json
import os
import struct
import subprocess
import sys

FAN_OUT = 256
HEADER, ENTRY, FOOTER = 8, 41, 44
PLAIN, ZSTD = 0, 1

Place = collections.namedtuple("Place", "pack offset encoding stored length")


class Broken(Exception):
    """The store is not as the page says."""


def expect(holds, sentence):
    if not holds:
        raise Broken(sentence)


def sha256(data):
    return hashlib.sha256(data).digest()


def read_at(path, offset, length):
    with open(path, "rb") as file:
        file.seek(offset)
        data = file.read(length)
    expect(len(data) == length, f"{path} ends before {offset + length}")
    return data


def read_index(path):
    """What a pack holds, by name."""
    size = os.path.getsize(path)
    expect(size >= HEADER + FOOTER, f"{path} is too short for a pack")
    expect(read_at(path, 0, HEADER) == b"TTPACK" + struct.pack("<H", 1), f"{path} does not begin as a pack does")
    index_hash, count, version, magic = struct.unpack("<32sIH6s", read_at(path, size - FOOTER, FOOTER))
    expect((magic, version) == (b"TTPACK", 1), f"{path} does not end as a pack does")
    start = size - FOOTER - count * ENTRY
    expect(start >= HEADER, f"{path} has no room for its index")
    index = read_at(path, start, count * ENTRY)
    expect(sha256(index) == index_hash, f"the index of {path} is damaged")
    offset = HEADER
    for name, encoding, stored, length in struct.iter_unpack("<32sBII", index):
        yield name, Place(path, offset, encoding, stored, length)
        offset += stored
    expect(offset == start, f"the index of {path} does not account for its chunks")


def read_places(folder):
    places = {}
    for name in sorted(os.listdir(folder)):
        if name != "store-format" and not name.endswith(".part"):
            places.update(read_index(os.path.join(folder, name)))
    return places


def unpack(frames):
    """The contents of zstd frames, one behind the other: the program takes many at once."""
    return subprocess.run(["zstd", "-dcq"], input=b"".join(frames), stdout=subprocess.PIPE, check=True).stdout if frames else b""


def read_chunks(places, names):
    """Chunks in the order of their names, each checked."""
    stored = []
    for name in names:
        expect(name in places, f"the chunk {name.hex()} is missing")
        place = places[name]
        expect(place.encoding in (PLAIN, ZSTD), f"the chunk {name.hex()} has the encoding {place.encoding}")
        stored.append((place, read_at(place.pack, place.offset, place.stored)))
    unpacked = unpack([data for place, data in stored if place.encoding == ZSTD])
    at = 0
    for name, (place, data) in zip(names, stored):
        if place.encoding == ZSTD:
            data = unpacked[at:at + place.length]
            at += place.length
        expect(len(data) == place.length and sha256(data) == name, f"the chunk {name.hex()} is damaged")
        yield data


def read_node(places, name, level, slots):
    """The names in a node, None for zeros, each with the number of chunks that it stands for."""
    data = next(read_chunks(places, [name]))
    found, count = struct.unpack_from("<BH", data)
    expect((found, count) == (level, slots), f"the node {name.hex()} does not belong where it is named")
    names, at = [], 3
    while len(names) < count:
        if data[at] == 0:
            names += [None] * struct.unpack_from("<H", data, at + 1)[0]
            at += 3
        else:
            expect(data[at] == 1, f"the node {name.hex()} has an entry that is none")
            chunks = struct.unpack_from("<Q", data, at + 33)[0] if level > 0 else 1
            names.append((data[at + 1:at + 33], chunks))
            at += 41 if level > 0 else 33
    expect(at == len(data) and len(names) == count, f"the node {name.hex()} is longer or shorter than its names")
    return names


def walk(places, name, chunks, level, first, total, write):
    """Goes down from a node, which stands for what begins with the chunk `first` of `total`; calls `write` for each leaf's chunks."""
    span = FAN_OUT ** level
    names = read_node(places, name, level, min(FAN_OUT, (total - first + span - 1) // span))
    expect(sum(below[1] for below in names if below) == chunks, f"the node {name.hex()} does not stand for {chunks} chunks")
    if level == 0:
        present = [(first + i, below[0]) for i, below in enumerate(names) if below]
        for (number, _), data in zip(present, read_chunks(places, [hash_ for _, hash_ in present])):
            write(number, data)
        return
    for i, below in enumerate(names):
        if below:
            walk(places, below[0], below[1], level - 1, first + i * span, total, write)


def rebuild(store, blob, output):
    with open(os.path.join(store, "records", blob), encoding="utf-8") as file:
        record = json.loads(file.read())
    expect((record["format"], record["version"]) == ("tintype-chunks", 1), f"{blob} is no record of version 1")
    length, size = record["length"], record["chunk_size"]
    total = (length + size - 1) // size
    with open(output, "wb") as file:
        # What is not written is zeros.
        file.truncate(length)

        def write(number, data):
            expect(len(data) == min(size, length - number * size), f"the chunk {number} has {len(data)} bytes")
            file.seek(number * size)
            file.write(data)

        if "root" in record:
            level = 0
            while FAN_OUT ** (level + 1) < total:
                level += 1
            places = read_places(os.path.join(store, "packs"))
            walk(places, bytes.fromhex(record["root"]), record["chunks"], level, 0, total, write)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        rebuild(*sys.argv[1:])
    except (Broken, OSError, ValueError, KeyError, IndexError, struct.error, subprocess.CalledProcessError) as broken:
        sys.exit(f"{sys.argv[2]} cannot be rebuilt: {broken}")
