"""Look whether a file the owner put beside the rules is a picture that both chat apps will show."""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, UnidentifiedImageError

from pictures.decoding import UnreadablePicture

BYTES_MAX: Final = 2_000_000
"""What a WeChat account may upload as a picture (its docs say 2 MB); Telegram takes more."""
PIXELS_MAX: Final = 25_000_000
FORMATS: Final = ("JPEG", "PNG")


def check(content: bytes) -> None:
    """Refuse what is not a whole JPEG or PNG of at most BYTES_MAX and PIXELS_MAX.

    Raises:
        UnreadablePicture: its ``reason`` says which.

    """
    if len(content) > BYTES_MAX:
        raise UnreadablePicture("too_large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on strange files are of no use to anybody here
        try:
            _decode(content)
        except (Image.DecompressionBombError, MemoryError):
            raise UnreadablePicture("too_many_pixels") from None
        except UnidentifiedImageError:
            raise UnreadablePicture("not_a_picture") from None
        # Pillow's decoders report damage by any of these; its documentation promises no single class.
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError):
            raise UnreadablePicture("broken") from None


def _decode(content: bytes) -> None:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > PIXELS_MAX:
            raise UnreadablePicture("too_many_pixels")
        image.load()
