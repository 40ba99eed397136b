"""Files and folders that are whole or absent, never half-written."""

from __future__ import annotations

import atexit
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from heredity.ground.errors import InputError, StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it becomes `path`, otherwise it is gone.

    Raises StorageError when the folder cannot be written or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise cannot_write(path, error) from error
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`; on success it replaces `path`, otherwise it is gone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield part
        part.chmod(0o755)
        shutil.rmtree(path, ignore_errors=True)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` whole or not at all; return the path."""
    with whole_file(path) as part:
        part.write_bytes(data)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 `text` whole or not at all; return the path."""
    return write_bytes(path, text.encode())


def require_writable(folder: Path) -> Path:
    """Make the folder and prove that a file can be written there, before hours are spent.

    Raises StorageError when it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(b"0" * 4096)
            stream.flush()
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def require_file(path: Path) -> Path:
    """Return the path of a readable file. Raises InputError when there is none."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the file inside it")
    if not path.exists():
        raise InputError(f"there is no file {path}; check the name, or the folder you are in")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} cannot be read; check its permissions")
    return path


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a mark at its beginning.

    Raises InputError when there is none, or it is not UTF-8.
    """
    try:
        return require_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a UTF-8 text file; save it as UTF-8") from error


def cannot_write(path: Path, error: OSError) -> StorageError:
    """Return the error that says what could not be written, why, and what to do."""
    reason = error.strerror or str(error)
    return StorageError(f"cannot write {path}: {reason}{remedy(error) or '; choose another place with --out'}")


def remedy(error: OSError) -> str:
    """Return what to do about an error of the operating system; empty where nothing that we know of helps."""
    if is_full(error):
        return "; free some space, or choose another place with --out"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "; choose another place with --out, or mend the permissions"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "; too many files are open: raise the limit (ulimit -n)"
    return ""


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or its owner's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def spool(stream: BinaryIO, name: str) -> Path:
    """Put what a stream holds into a file of this name, which is gone when the process ends; return where it lies."""
    folder = tempfile.TemporaryDirectory(prefix="heredity-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / name
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return path
