"""Files in folders and archives, whole and damaged."""

import io
import struct
import tarfile
import zipfile

from gan_keras.foundation.errors import DataError


def write_files(folder, files):
    """Writes files by name, bytes or text, below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_zip(path, files, method=zipfile.ZIP_DEFLATED):
    """Writes files by name as an archive; a path without suffix gets one."""
    path = path if path.suffix else path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path, files, more=None):
    """Writes files by name as a compressed tar beside a path; `more` adds entries to it."""
    path = path.with_name(f"{path.name}.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if more:
            more(archive)
    return path


# Fields of an entry: format, and places in its two headers.
_FIELDS = {
    "flags": ("H", 6, 8),
    "method": ("H", 8, 10),
    "crc": ("L", 14, 16),
    "packed": ("L", 18, 20),
    "size": ("L", 22, 24),
}


def lie(path, **fields):
    """Overwrites fields of an archive's first entry in both of its headers."""
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    for name, value in fields.items():
        kind, here, there = _FIELDS[name]
        struct.pack_into(f"<{kind}", data, here, value)
        struct.pack_into(f"<{kind}", data, central + there, value)
    path.write_bytes(data)
    return path


def damage(path, start, end):
    """Overwrites a part of a file with zeros."""
    data = bytearray(path.read_bytes())
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    return path


def read_damaged(path, read):
    """Reads a file cut off, and with a bit changed, at every third place; None where refused."""
    content = path.read_bytes()
    for place in range(0, len(content), 3):
        changed = bytes([content[place] ^ 1 << place % 8])
        for damaged in (content[:place], content[:place] + changed + content[place + 1 :]):
            path.write_bytes(damaged)
            try:
                found = read(path)
            except DataError:
                found = None
            yield found
