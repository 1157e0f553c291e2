"""What images cost, from their size in pixels; the size comes from the first bytes of the file.

Formulas of the vendors' own vision pages (read 2026-11): Anthropic width × height / 750 after fitting into 1568 pixels
(2576 since Opus 4.7), OpenAI tiles of 512 pixels (older) or patches of 32 (GPT-5.4 on), Gemini tiles of 768 or, from 3
on, a fixed number per image. An image whose size cannot be read, or that is only linked, counts as a typical one.
"""

import binascii
import math
import struct

from router_core.models.info import ModelInfo

HEAD_CHARS = 87_384  # 64 KB: a JPEG's size stands behind its metadata, which may hold a thumbnail
TYPICAL = (1024, 1024)


def image_tokens(base64_text: str, info: ModelInfo) -> int:
    """Tokens of one image.

    Args:
        base64_text: its data, with or without a `data:` prefix; empty for an image that is only linked.
    """
    encoded = base64_text.partition(";base64,")[2] if base64_text.startswith("data:") else base64_text
    head = encoded[:HEAD_CHARS]
    try:
        data = binascii.a2b_base64(head[: len(head) // 4 * 4])
    except ValueError:  # binascii.Error, or characters that are none of base64's
        data = b""
    width, height = image_size(data) or TYPICAL
    match info.vendor:
        case "anthropic":
            return _anthropic(width, height, info.reasoning.mode == "adaptive" and info.reasoning.budget_min is None)
        case "google":
            return _gemini(width, height, info.reasoning.mode == "level")
        case _:
            return _openai(width, height, info)


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the head of a PNG, JPEG, GIF or WebP file; None for anything else."""
    size: tuple[int, int] | None = None
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            size = struct.unpack(">II", data[16:24])
        elif data.startswith((b"GIF87a", b"GIF89a")):
            size = struct.unpack("<HH", data[6:10])
        elif data.startswith(b"\xff\xd8"):
            size = _jpeg_size(data)
        elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            size = _webp_size(data)
    except struct.error:  # cut short
        return None
    return size if size and 0 < size[0] <= 65_535 and 0 < size[1] <= 65_535 else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start-of-frame of any kind
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + max(length, 2)
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack("<I", data[21:25])
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def _fit(width: float, height: float, longest: float) -> tuple[float, float]:
    scale = min(1.0, longest / max(width, height))
    return width * scale, height * scale


def _anthropic(width: int, height: int, fine: bool) -> int:
    longest, most = (2576, 4784) if fine else (1568, 1600)
    fitted = _fit(width, height, longest)
    return min(most, math.ceil(fitted[0] * fitted[1] / 750))


def _gemini(width: int, height: int, fixed: bool) -> int:
    if fixed:
        return 1120
    if max(width, height) <= 384:
        return 258
    return 258 * math.ceil(width / 768) * math.ceil(height / 768)


def _openai(width: int, height: int, info: ModelInfo) -> int:
    if info.context_window > 1_000_000 and info.reasoning.mode == "effort":
        return max(1, min(1536, math.ceil(width / 32) * math.ceil(height / 32)))
    base, tile = (70, 140) if info.reasoning.mode == "effort" else (85, 170)
    fitted = _fit(*_fit(width, height, 2048), 768 * max(width, height) / min(width, height))
    return base + tile * math.ceil(fitted[0] / 512) * math.ceil(fitted[1] / 512)
