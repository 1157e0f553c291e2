"""Sizes from the heads of image files, and what they cost."""

import base64
import struct

import pytest

from router_core.counting.images import image_size, image_tokens
from router_core.models.known import model_info


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06" + b"\0" * 40


def jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 2000) + b"\0" * 1998  # the size stands behind the metadata
    return b"\xff\xd8" + exif + b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + b"\0" * 10


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + rest


FILES = {
    "png": (png(800, 600), (800, 600)),
    "jpeg, progressive, after exif": (jpeg(4032, 3024), (4032, 3024)),
    "gif": (b"GIF89a" + struct.pack("<HH", 320, 200) + b"\0" * 9, (320, 200)),
    "webp, extended": (
        webp(b"VP8X", b"\0" * 4 + (1199).to_bytes(3, "little") + (899).to_bytes(3, "little")),
        (1200, 900),
    ),
    "webp, lossy": (webp(b"VP8 ", b"\0" * 3 + b"\x9d\x01\x2a" + struct.pack("<HH", 640, 480)), (640, 480)),
    "webp, lossless": (webp(b"VP8L", b"\x2f" + struct.pack("<I", 99 | 49 << 14)), (100, 50)),
    "cut short": (png(800, 600)[:20], None),
    "no image": (b"hello, world", None),
    "no width": (png(0, 600), None),
    "a bomb": (png(2**31, 2**31), None),
    "jpeg without a frame": (b"\xff\xd8\xff\xe0\0\0" * 5, None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize(("data", "size"), FILES.values(), ids=FILES.keys())
def test_the_size_is_read_from_the_first_bytes(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(data) == size


PRICES = {
    "claude, small": ("claude-opus-4-6", 200, 200, 54),
    "claude, 1092 square": ("claude-opus-4-6", 1092, 1092, 1590),
    "claude, large is fitted": ("claude-opus-4-6", 4000, 3000, 1600),
    "claude since 4.7 sees more": ("claude-opus-5-5", 4000, 3000, 4784),
    "gpt-4o, one tile": ("gpt-4o", 512, 512, 255),
    "gpt-4o, documented example": ("gpt-4o", 1024, 1024, 765),
    "gpt-4o, tall": ("gpt-4o", 2048, 4096, 1105),
    "gpt-5": ("gpt-5", 1024, 1024, 630),
    "gpt-6, patches": ("gpt-6-sol", 1024, 1024, 1024),
    "gpt-6, capped": ("gpt-6-sol", 4000, 3000, 1536),
    "gemini 2.5, small": ("gemini-2.5-pro", 384, 384, 258),
    "gemini 2.5, tiles": ("gemini-2.5-pro", 1500, 700, 516),
    "gemini 3": ("gemini-3.8-flash", 4000, 3000, 1120),
}


@pytest.mark.parametrize(("model", "width", "height", "tokens"), PRICES.values(), ids=PRICES.keys())
def test_an_image_costs_what_the_vendor_documents(model: str, width: int, height: int, tokens: int) -> None:
    data = base64.b64encode(png(width, height)).decode()
    assert image_tokens(data, model_info(model)) == tokens
    assert image_tokens(f"data:image/png;base64,{data}", model_info(model)) == tokens


@pytest.mark.parametrize("data", ["", "!!!", "data:image/png;base64,", "€€€€", "abcde"])
def test_an_image_that_cannot_be_read_counts_as_a_typical_one(data: str) -> None:
    assert image_tokens(data, model_info("gpt-6-sol")) == 1024
