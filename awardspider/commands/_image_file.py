"""PNG files that a command writes: a name is checked before anything is read, and a file is complete or not written."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from awardspider.outcomes import InvalidArgument

# Names of files with another format: a PNG file of such a name would not open in every program.
_OTHER_IMAGES = frozenset({".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".pdf", ".eps", ".ps"})


def check_image_file(file: Path, option: str) -> None:
    """Raise InvalidArgument, with the name of the option, if a file for an image is not writable."""
    if file.suffix.lower() in _OTHER_IMAGES:
        raise InvalidArgument(f"{option}: {file.name} is not a name of a PNG file; write {file.stem}.png")
    if file.is_dir():
        raise InvalidArgument(f"{option}: {file} is a folder; add the name of a file, such as image.png")
    if not file.parent.is_dir():
        raise InvalidArgument(f"{option}: the folder {file.parent} does not exist")
    if not os.access(file.parent, os.W_OK):
        raise InvalidArgument(f"{option}: could not write {file}: Permission denied")


def write_image_file(file: Path, data: bytes, option: str) -> None:
    """Write an image; an existing file is replaced. Raise InvalidArgument if that is not possible."""
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", suffix=".part", delete=False) as part:
            try:
                part.write(data)
                part.close()
                Path(part.name).chmod(0o666 & ~_umask())
                Path(part.name).replace(file)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InvalidArgument(f"{option}: could not write {file}: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
