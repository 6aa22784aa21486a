#!/usr/bin/env python3
"""Write images.safetensors: pictures as Pillow resizes, crops, encodes and decodes them.

usage: make_fixtures.py [RANDOM_RESIZES]      needs: Pillow up to 12, numpy

The committed file holds a few dozen small cases; with a number it holds as many random resizes more
(for a one-time comparison: write it elsewhere and name it in CONVNET_IMAGE_FIXTURES).
Keys: source/NAME and resize/SOURCE/FILTER/WxH are u8 [H, W, C]; file/NAME is a file's bytes and
pixels/NAME what Pillow decodes from it.
"""
import io, json, os, random, struct, sys
import numpy as np
from PIL import Image, __version__

FILTERS = {
    "nearest": Image.NEAREST, "box": Image.BOX, "bilinear": Image.BILINEAR,
    "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS,
}
entries = {}


def put(key, array):
    entries[key] = np.ascontiguousarray(array, np.uint8)


def pixels(image):
    array = np.asarray(image)
    return array if array.ndim == 3 else array[:, :, None]


def gradient(width, height):
    x = np.linspace(0, 255, width)[None, :]
    y = np.linspace(0, 255, height)[:, None]
    return np.stack([x + 0 * y, y + 0 * x, (x + y) / 2], 2).astype(np.uint8)


def noise(width, height, channels, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def image(array):
    return Image.fromarray(array if array.shape[2] != 1 else array[:, :, 0])


def resize(name, array, name_of_filter, width, height):
    put(f"source/{name}", array)
    result = image(array).resize((width, height), FILTERS[name_of_filter])
    put(f"resize/{name}/{name_of_filter}/{width}x{height}", pixels(result))


colour, grey = noise(23, 17, 3, 1), noise(16, 16, 1, 2)
edges = ((np.indices((12, 19)).sum(0) % 2) * 255).astype(np.uint8)[:, :, None]
for name_of_filter in FILTERS:
    for width, height in [(9, 7), (31, 40), (23, 5), (6, 17), (1, 1), (64, 2)]:
        resize("colour", colour, name_of_filter, width, height)
    for width, height in [(7, 7), (33, 33), (16, 1)]:
        resize("grey", grey, name_of_filter, width, height)
    for width, height in [(10, 6), (38, 25)]:
        resize("edges", edges, name_of_filter, width, height)

generator = random.Random(5)
for index in range(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
    width, height = generator.randint(1, 300), generator.randint(1, 300)
    array = noise(width, height, generator.choice([1, 3]), 100 + index)
    resize(f"random{index}", array, generator.choice(list(FILTERS)),
           generator.randint(1, 300), generator.randint(1, 300))


def file(name, image, mode, **options):
    stream = io.BytesIO()
    image.save(stream, **options)
    data = stream.getvalue()
    put(f"file/{name}", np.frombuffer(data, np.uint8))
    decoded = Image.open(io.BytesIO(data))
    put(f"pixels/{name}", pixels(decoded.convert(mode) if mode else decoded))


smooth = Image.fromarray(gradient(45, 30))
rough = Image.fromarray(noise(21, 19, 3, 3)).resize((42, 38), Image.BICUBIC)
file("420.jpg", smooth, "RGB", format="JPEG", quality=85)
file("422.jpg", rough, "RGB", format="JPEG", quality=85, subsampling=1)
file("444.jpg", rough, "RGB", format="JPEG", quality=90, subsampling=0)
file("progressive.jpg", rough, "RGB", format="JPEG", quality=80, progressive=True)
file("grey.jpg", rough.convert("L"), "L", format="JPEG", quality=80)
file("cmyk.jpg", rough.convert("CMYK"), "RGB", format="JPEG", quality=90)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file(f"exif{orientation}.jpg", rough.crop((0, 0, 24, 16)), "RGB", format="JPEG", quality=90,
         exif=exif)
    from PIL import ImageOps
    stream = io.BytesIO(entries[f"file/exif{orientation}.jpg"].tobytes())
    put(f"upright/exif{orientation}.jpg", pixels(ImageOps.exif_transpose(Image.open(stream))))

alpha = np.concatenate([noise(15, 11, 3, 4), gradient(15, 11)[:, :, 2:]], 2)
file("rgb.png", rough, "RGB", format="PNG")
file("rgba.png", Image.fromarray(alpha), "RGBA", format="PNG")
file("grey.png", rough.convert("L"), "L", format="PNG")
file("greyalpha.png", Image.fromarray(alpha).convert("LA"), "RGBA", format="PNG")
file("bits.png", rough.convert("1"), "L", format="PNG")
file("palette.png", rough.quantize(16), "RGB", format="PNG")
file("palettealpha.png", rough.quantize(16), "RGBA", format="PNG", transparency=3)
file("gamma.png", rough, "RGB", format="PNG")
# The same pixels with a gAMA chunk of 1.0, which Pillow ignores.
data = entries["file/gamma.png"].tobytes()
import zlib
chunk = b"gAMA" + struct.pack(">I", 100000)
chunk = struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
put("file/gamma.png", np.frombuffer(data[:33] + chunk + data[33:], np.uint8))
deep = (np.arange(15 * 11, dtype=np.uint32).reshape(11, 15) * 397).astype(np.uint16)
stream = io.BytesIO()
Image.fromarray(deep).save(stream, format="PNG")
put("file/grey16.png", np.frombuffer(stream.getvalue(), np.uint8))
put("pixels/grey16.png", (deep >> 8).astype(np.uint8)[:, :, None])

header, offset = {"__metadata__": {"made_with": f"Pillow {__version__}"}}, 0
for key, array in entries.items():
    header[key] = {"dtype": "U8", "shape": list(array.shape), "data_offsets": [offset, offset + array.size]}
    offset += array.size
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
path = os.environ.get("OUT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "images.safetensors")
with open(path, "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text)
    for array in entries.values():
        out.write(array.tobytes())
print(path, len(entries), "entries", os.path.getsize(path), "bytes")
