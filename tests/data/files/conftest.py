from __future__ import annotations

import io
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile


class Forge:
    """Makes files byte by byte, good ones and odd ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = np.random.default_rng(7)
        self.pcm = rng.integers(-9000, 9000, (20_000, 2)).astype("<i2").tobytes()
        self.noise = (rng.standard_normal((132_300, 2)) * 0.1).astype(np.float32)

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def sparse(self, name: str, head: bytes, size: int, tail: bytes = b"") -> Path:
        path = self.folder / name
        with path.open("wb") as file:
            file.write(head)
            file.truncate(size)
            file.seek(size)
            file.write(tail)
        return path

    def encode(self, container: str, subtype: str, rate: int = 44_100, audio: Any = None) -> bytes:
        buffer = io.BytesIO()
        samples = self.noise if audio is None else audio
        soundfile.write(buffer, samples, rate, format=container, subtype=subtype)
        return buffer.getvalue()

    @staticmethod
    def chunk(name: bytes, content: bytes, size: int | None = None, order: str = "<") -> bytes:
        length = len(content) if size is None else size
        return name + struct.pack(f"{order}I", length) + content + bytes(len(content) % 2)

    def fmt(
        self, channels: int = 2, rate: int = 48_000, bits: int = 16, tag: int = 1, order: str = "<"
    ) -> bytes:
        align = channels * bits // 8 & 0xFFFF
        speed = rate * align & 0xFFFF_FFFF
        content = struct.pack(f"{order}HHIIHH", tag, channels, rate, speed, align, bits)
        return self.chunk(b"fmt ", content, order=order)

    def data(self, size: int | None = None) -> bytes:
        return self.chunk(b"data", self.pcm, size)

    @staticmethod
    def riff(*chunks: bytes, root: bytes = b"RIFF", size: int | None = None) -> bytes:
        body = b"WAVE" + b"".join(chunks)
        order = ">" if root == b"RIFX" else "<"
        return root + struct.pack(f"{order}I", len(body) if size is None else size) + body

    def wav(self, **fields: int) -> bytes:
        return self.riff(self.fmt(**fields), self.data())

    def rf64(self, data_size: int, root: bytes = b"RF64") -> bytes:
        sizes = self.chunk(b"ds64", struct.pack("<QQQI", data_size + 72, data_size, 20_000, 0))
        return self.riff(sizes, self.fmt(), self.data(0xFFFF_FFFF), root=root, size=0xFFFF_FFFF)

    def aiff(
        self,
        rate: float = 48_000.0,
        frames: int = 20_000,
        codec: bytes = b"",
        channels: int = 2,
        bits: int = 16,
    ) -> bytes:
        exponent = math.floor(math.log2(rate)) if rate else -16383
        mantissa = int(rate * 2.0 ** (63 - exponent)) if rate else 0
        common = struct.pack(">HIHHQ", channels, frames, bits, 16383 + exponent, mantissa) + codec
        body = (b"AIFC" if codec else b"AIFF") + self.chunk(b"COMM", common, order=">")
        body += self.chunk(b"SSND", bytes(8) + self.pcm, order=">")
        return b"FORM" + struct.pack(">I", len(body)) + body

    def caf(
        self,
        size: int | None = None,
        rate: float = 48_000.0,
        channels: int = 2,
        codec: bytes = b"lpcm",
    ) -> bytes:
        fields = struct.pack(">d4sIIIII", rate, codec, 2, 2 * channels, 1, channels, 16)
        head = b"caff\0\1\0\0desc" + struct.pack(">q", 32) + fields
        length = len(self.pcm) + 4 if size is None else size
        return head + b"data" + struct.pack(">q", length) + bytes(4) + self.pcm

    @staticmethod
    def id3(size: int, content: bytes = b"") -> bytes:
        field = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
        return b"ID3\x03\0\0" + field + content

    @staticmethod
    def ogg_page(content: bytes) -> bytes:
        head = b"OggS\0\2" + bytes(8) + b"\1\0\0\0" + bytes(4)
        tail = bytes((1, len(content))) + content
        check = 0
        for byte in head + bytes(4) + tail:
            check ^= byte << 24
            for _ in range(8):
                check = check << 1 ^ (0x1_04C1_1DB7 if check >> 31 else 0)
        return head + check.to_bytes(4, "little") + tail

    @staticmethod
    def flac_with_total(data: bytes, total: int) -> bytes:
        packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
        return data[:18] + packed.to_bytes(8, "big") + data[26:]


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)
