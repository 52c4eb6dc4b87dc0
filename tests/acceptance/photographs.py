"""A phone's screen as another phone's camera sees it: tilted, dim, noisy, and saved as a JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

TILT = (1.08, 0.12, -60.0, 0.05, 1.1, -70.0, 0.00012, 0.00008)
NOISE = 9.0


def photographed(picture: bytes, *, seed: int = 7) -> bytes:
    """Return a JPEG of the picture seen at an angle."""
    seen = Image.open(io.BytesIO(picture)).convert("RGB")
    page = Image.new("RGB", (seen.width + 160, seen.height + 160), (70, 66, 60))
    page.paste(seen, (80, 80))
    tilted = page.transform(page.size, Image.Transform.PERSPECTIVE, TILT, Image.Resampling.BICUBIC)
    blurred = tilted.filter(ImageFilter.GaussianBlur(0.8))
    noise = np.random.default_rng(seed).normal(0, NOISE, (blurred.height, blurred.width, 3))
    noisy = np.clip(np.asarray(blurred, dtype=float) * 0.85 + noise, 0, 255).astype("uint8")
    kept = io.BytesIO()
    Image.fromarray(noisy).save(kept, "JPEG", quality=80)
    return kept.getvalue()
