#!/usr/bin/env python3
"""Write pictures.safetensors: rarer kinds of pictures, and what Pillow decodes from them.

usage: make_picture_fixtures.py      needs: Pillow with WebP, numpy

Keys: file/NAME is a file's bytes; pixels/NAME is u8 [H, W, C], what Pillow decodes; upright/NAME is
the same turned as EXIF says.
"""
import io, json, os, struct
import numpy as np
from PIL import Image, ImageOps, __version__

entries = {}


def put(key, array):
    entries[key] = np.ascontiguousarray(array, np.uint8)


def pixels(image):
    array = np.asarray(image)
    return array if array.ndim == 3 else array[:, :, None]


def stored(name, data, mode=None):
    put(f"file/{name}", np.frombuffer(data, np.uint8))
    decoded = Image.open(io.BytesIO(data))
    put(f"pixels/{name}", pixels(decoded.convert(mode or decoded.mode)))
    if decoded.getexif().get(0x0112, 1) != 1:
        put(f"upright/{name}", pixels(ImageOps.exif_transpose(decoded)))


def file(name, image, mode=None, **options):
    stream = io.BytesIO()
    image.save(stream, **options)
    stored(name, stream.getvalue(), mode)
    return stream.getvalue()


noise = np.random.default_rng(3).integers(0, 256, (9, 11, 4), np.uint8)
rough = Image.fromarray(noise[:, :, :3]).resize((43, 38), Image.BICUBIC)
alpha = Image.fromarray(noise).resize((43, 38), Image.BICUBIC)
turned = Image.Exif()
turned[0x0112] = 6

# --- BMP -------------------------------------------------------------------------------------------

file("one.bmp", rough.convert("1"), "L", format="BMP")
file("grey.bmp", rough.convert("L"), "L", format="BMP")
file("palette.bmp", rough.quantize(200), "RGB", format="BMP")
file("colour.bmp", rough, "RGB", format="BMP")
file("unused.bmp", alpha, "RGB", format="BMP")  # the fourth byte has no meaning


def bmp(name, width, height, bits, compression, data, palette=b"", masks=b"", core=False, mode="RGB"):
    if core:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0,
                             len(palette) // 4, 0)
    offset = 14 + len(header) + len(masks) + len(palette)
    start = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    stored(name, start + header + masks + palette + data, mode)


random = np.random.default_rng(4)
four = b"".join(bytes(row) for row in random.integers(0, 256, (16, 4), np.uint8))
three = b"".join(bytes(row) for row in random.integers(0, 256, (4, 3), np.uint8))
row = lambda size, count: random.integers(0, 256, size * count, np.uint8).tobytes()
bmp("four.bmp", 13, 5, 4, 0, row(8, 5), four)
bmp("two.bmp", 13, 5, 1, 0, row(4, 5), four[:8])
bmp("topdown.bmp", 5, -4, 24, 0, row(16, 4))
bmp("555.bmp", 7, 4, 16, 0, row(16, 4))
bmp("565.bmp", 7, 4, 16, 3, row(16, 4), masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
bmp("bgrx.bmp", 7, 4, 32, 0, row(28, 4))
data = row(28, 4)
header = struct.pack("<IiiHHIIiiIIIIII", 108, 7, -4, 1, 32, 3, len(data), 0, 0, 0, 0, 0xFF0000, 0xFF00, 0xFF,
                     0xFF000000) + bytes(52)
stored("alpha.bmp", b"BM" + struct.pack("<IHHI", 122 + len(data), 0, 0, 122) + header + data, "RGBA")
bmp("core.bmp", 3, 2, 24, 0, row(12, 2), core=True)
# Runs, literal pixels with a padding byte, a jump, the ends of rows and of the picture.
bmp("rle8.bmp", 9, 4, 8, 1, bytes([4, 7, 0, 3, 1, 2, 3, 0, 2, 9, 0, 0, 9, 5, 0, 0, 3, 1, 0, 2, 2, 1, 2, 8,
                                   0, 0, 0, 1]), four)
bmp("rle4.bmp", 9, 3, 4, 2, bytes([5, 0x12, 0, 4, 0x34, 0x56, 0, 0, 9, 0x77, 0, 0, 3, 0x89, 0, 5, 0xAB,
                                   0xCD, 0xE0, 0, 1, 0x11, 0, 1]), four)

# --- WebP, camera data, the inks of print files ----------------------------------------------------

file("lossy.webp", rough, "RGB", format="WEBP", quality=80)
file("lossless.webp", rough, "RGB", format="WEBP", lossless=True)
file("alpha.webp", alpha, "RGBA", format="WEBP", quality=80)
file("losslessalpha.webp", alpha, "RGBA", format="WEBP", lossless=True, exact=True)
file("turned.webp", rough, "RGB", format="WEBP", lossless=True, exif=turned)
file("turned.png", rough, "RGB", format="PNG", exif=turned)
stream = io.BytesIO()
rough.save(stream, format="WEBP", save_all=True, append_images=[alpha.convert("RGB")], duration=99)
put("file/animated.webp", np.frombuffer(stream.getvalue(), np.uint8))

stream = io.BytesIO()
rough.convert("CMYK").save(stream, format="JPEG", quality=90)
data = stream.getvalue()
# Adobe's marker says how the four components are meant: 2 is YCCK.
place = data.index(b"Adobe") + 11
stored("ycck.jpg", data[:place] + b"\x02" + data[place + 1:], "RGB")

header, offset = {"__metadata__": {"made_with": f"Pillow {__version__}"}}, 0
for key, array in entries.items():
    header[key] = {"dtype": "U8", "shape": list(array.shape), "data_offsets": [offset, offset + array.size]}
    offset += array.size
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pictures.safetensors")
with open(path, "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text)
    for array in entries.values():
        out.write(array.tobytes())
print(path, len(entries), "entries", os.path.getsize(path), "bytes")
