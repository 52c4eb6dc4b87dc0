"""Read the codes in one photo somebody sent, refusing whatever is not an ordinary photo."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Literal, get_args

import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

Reason = Literal["too_large", "not_a_picture", "too_many_pixels", "broken", "timeout"]
REASONS: tuple[Reason, ...] = get_args(Reason)
FORMATS = ("JPEG", "PNG", "WEBP")  # what phones and chat apps send; every further decoder is a further way in


class UnreadablePicture(Exception):
    """The file sent is no picture we can look at; `reason` says why. A good picture without a code is not this."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one picture may cost: bytes as sent, pixels as it claims, and the longer side we look at, in pixels."""

    bytes_max: int = 10_000_000
    pixels_max: int = 25_000_000
    side_max: int = 1600


def read_codes(picture: bytes, *, limits: Limits) -> tuple[str, ...]:
    """Give the texts of all QR codes in a JPEG, PNG or WebP, without repeats; none found gives an empty tuple.

    Raises UnreadablePicture. Only the first frame of an animation is looked at. It works in the caller's own
    process: for pictures sent by strangers use `pictures.reader.Reader`.
    """
    if len(picture) > limits.bytes_max:
        raise UnreadablePicture("too_large")
    grey = _decode(picture, limits)
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode)
    return tuple(dict.fromkeys(code.text for code in found if code.valid and code.text))


def _decode(picture: bytes, limits: Limits) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on strange files are of no use to anybody here
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _small_and_grey(picture, limits)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
            raise UnreadablePicture("too_many_pixels") from None
        except UnidentifiedImageError:
            raise UnreadablePicture("not_a_picture") from None
        # Pillow's decoders report damage by any of these; its documentation promises no single class.
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError):
            raise UnreadablePicture("broken") from None


def _small_and_grey(picture: bytes, limits: Limits) -> Image.Image:
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        if image.width * image.height > limits.pixels_max:
            raise UnreadablePicture("too_many_pixels")
        side = limits.side_max
        image.draft("L", (side, side))  # a JPEG can be decoded at a half or a quarter straight away
        if image.mode in {"RGBA", "LA", "PA", "P"}:
            # Dark modules on transparent ground are dark on white to the eye, dark on dark to a plain conversion.
            layered = _within(image if image.mode == "RGBA" else image.convert("RGBA"), side)
            return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("L")
        return _within(image.convert("L"), side)


def _within(image: Image.Image, side: int) -> Image.Image:
    if max(image.size) <= side:
        return image
    return ImageOps.contain(image, (side, side), method=Image.Resampling.BOX)
