"""Ways to damage a file: bytes of any kind, lines of numbers and names, JSON, and archives of tensors."""

import copy
import io
import json
import zipfile

NUMBERS = (
    b"nan", b"inf", b"-inf", b"-1", b"0", b"-0.0", b"1e-320", b"1e308", b"1e309", b"-1e309", b"1e18", b"4294967296",
    b"9" * 400, b"9" * 5000, b"0x10", b"1_0", b"1e", b".", b"+-1", b"\xd9\xa3", b"0.1.2", b"True", b"None", b"1,5",
)  # fmt: skip
NAMES = (
    b"..", b"../..", b"../../etc/passwd", b"/etc/passwd", b"C:\\windows", b"\\\\host\\share", b".", b"", b"a/b", b"\0",
    b"x" * 300, b"x" * 5000, b"\xf0\x9f\x98\x80", b"%s%n", b"a\tb", b"-1", b"~", b"$HOME", b"seq", b"seq-1", b"seq-0",
    b"seq-99999999999999999999",
)  # fmt: skip
SEPARATORS = (b",", b"\t", b" ", b";", b"\n", b"\r\n", b"\r", b"", b",,", b'"', b"'", b"\x0b", b"\x1c", b"\xe2\x80\xa8")
VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**400), 0.5, float("nan"), float("inf"), -1e308, "", "a",
    "../x", "/etc/passwd", "1", "nan", [], {}, [[]], [1, 2, 3, 4], [None] * 4, ["a"] * 4, [[1, 2], 3], {"a": 1},
    "\ud800", "x" * 3000, [0] * 2000,
)  # fmt: skip
WORDS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000, 60000, 2**40, 2**62, 2**63, 2**64 - 1)
DEPTH = 20000


def mutate_bytes(data, random):
    """The bytes with one to four of them, or parts of them, changed."""
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        random.choice((_flip, _put_byte, _put_word, _delete, _repeat, _insert, _truncate))(data, random)
    return bytes(data)


def mutate_text(data, random):
    """Lines of a text file, changed line by line and field by field, and rarely byte by byte."""
    if random.random() < 0.1:
        return mutate_bytes(data, random)
    lines = data.split(b"\n")
    for _ in range(random.randint(1, 3)):
        random.choice((_change_field, _change_field, _change_field, _change_lines))(lines, random)
    return b"\n".join(lines)


def mutate_json(data, random):
    """A JSON file with one to three values replaced, removed or moved, and rarely damaged as text or nested deeply."""
    chance = random.random()
    if chance < 0.1:
        return mutate_bytes(data, random)
    if chance < 0.11:
        opening = random.choice((b"[", b'{"a":'))
        return opening * random.choice((500, DEPTH)) + data
    content = json.loads(data)
    for _ in range(random.randint(1, 3)):
        content = _change_value(content, random)
    return json.dumps(content).encode()


def mutate_archive(data, random):
    """A zip archive, damaged as bytes, or rewritten with valid checksums around one damaged record."""
    if random.random() < 0.3:
        return mutate_bytes(data, random)
    damaged = io.BytesIO()
    compression = zipfile.ZIP_DEFLATED if random.random() < 0.02 else zipfile.ZIP_STORED
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(damaged, "w", compression) as copy:
        names = archive.namelist()
        pickled = [name for name in names if name.endswith("data.pkl")]
        chosen = random.choice(pickled) if random.random() < 0.85 else random.choice(names)
        for name in names:
            content = archive.read(name)
            if name == chosen:
                content = mutate_pickle(content, random) if name in pickled else mutate_bytes(content, random)
            copy.writestr(name, content)
    return damaged.getvalue()


def mutate_pickle(data, random):
    """A pickle with a number or name in it replaced by a hostile one, or damaged as bytes."""
    chance = random.random()
    small = [index for index in range(len(data) - 1) if data[index : index + 1] == b"K"]
    if chance < 0.4 and small:
        # BININT1 becomes LONG1, which holds any number.
        start = random.choice(small)
        number = random.choice((*WORDS, -1, -(2**63), 10**9, 10**12, 10**15)).to_bytes(10, "little", signed=True)
        return data[:start] + b"\x8a\x0a" + number + data[start + 2 :]
    if chance < 0.5:
        old = random.choice(
            (b"_rebuild_tensor_v2", b"FloatStorage", b"OrderedDict", b"torch._utils", b"cpu", b"storage")
        )
        new = random.choice(
            (
                b"_rebuild_tensor",
                b"_rebuild_qtensor",
                b"_rebuild_parameter",
                b"DoubleStorage",
                b"ByteStorage",
                b"Counter",
            )
            + (b"_rebuild_sparse_tensor", b"_rebuild_meta_tensor_no_storage", b"cuda:9", b"meta", b"posix", b"Tensor")
        )
        return data.replace(old, new, 1)
    return mutate_bytes(data, random)


def _flip(data, random):
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _put_byte(data, random):
    if data:
        data[random.randrange(len(data))] = random.choice((0, 9, 10, 32, 127, 128, 255, random.randrange(256)))


def _put_word(data, random):
    size = random.choice((2, 4, 8))
    start = random.randrange(max(1, len(data) - size + 1))
    word = random.choice(WORDS) % 256**size
    data[start : start + size] = word.to_bytes(size, random.choice(("little", "big")))


def _span(data, random):
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 4, 16, 64, 512)))


def _delete(data, random):
    start, end = _span(data, random)
    del data[start:end]


def _repeat(data, random):
    start, end = _span(data, random)
    data[end:end] = data[start:end] * random.choice((1, 2, 50))


def _insert(data, random):
    start, _ = _span(data, random)
    data[start:start] = random.choice((random.randbytes(random.randint(1, 16)), b"\0" * 64, *NUMBERS, *NAMES))


def _truncate(data, random):
    del data[random.randrange(len(data) + 1) :]


def _change_field(lines, random):
    at = random.randrange(len(lines))
    separator = random.choice((b",", b"\t", b" ", b"="))
    fields = lines[at].split(separator)
    field = random.randrange(len(fields))
    action = random.randrange(5)
    if action < 3:
        fields[field] = random.choice((NUMBERS, NUMBERS, NAMES)[action])
    elif action == 3:
        fields.insert(field, fields[field])
    else:
        del fields[field]
    separator = random.choice(SEPARATORS) if random.random() < 0.2 else separator
    lines[at] = separator.join(fields)


def _change_lines(lines, random):
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    action = random.randrange(5)
    if action == 0 and len(lines) > 1:
        del lines[at]
    elif action == 1:
        lines[at:at] = [lines[other]] * random.choice((1, 2, 1000))
    elif action == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif action == 3:
        lines[at] = random.choice((b"", b" ", b"\xef\xbb\xbf" + lines[at], b"\xff\xfe", b"#" + lines[at]))
    else:
        lines[at] = random.choice(NAMES)


def _change_value(content, random):
    """The content with one value in it changed, found by a random walk from the root."""
    if not isinstance(content, dict | list) or not content or random.random() < 0.15:
        return copy.deepcopy(random.choice(VALUES))
    keys = list(content) if isinstance(content, dict) else range(len(content))
    key = random.choice(keys)
    chance = random.random()
    if chance < 0.1:
        del content[key]
    elif chance < 0.15 and isinstance(content, dict):
        content[random.choice(("../x", "/x", "", "a" * 300, "\0", "name"))] = content.pop(key)
    elif chance < 0.2:
        content[key] = copy.deepcopy(content[random.choice(keys)])
    else:
        content[key] = _change_value(content[key], random)
    return content
