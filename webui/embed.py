#!/usr/bin/env python3
"""Writes a C++ file that holds the page's files, plain and compressed.

embed.py OUT.cpp URL=FILE...   e.g.  embed.py assets.cpp /=page/index.html
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def literal(content):
    """The bytes as a string_view of an array that ends without a NUL."""
    numbers = ",".join(str(b) for b in content)
    return f"{{{numbers}}}"


def main(out, pairs):
    arrays, rows = [], []
    for number, pair in enumerate(pairs):
        url, file = pair.split("=", 1)
        plain = pathlib.Path(file).read_bytes()
        packed = gzip.compress(plain, 9, mtime=0)
        suffix = pathlib.Path(url).suffix or pathlib.Path(file).suffix
        etag = '\\"' + hashlib.sha256(plain).hexdigest()[:20] + '\\"'
        for kind, content in (("plain", plain), ("gzip", packed)):
            arrays.append(f"const unsigned char {kind}_{number}[] = {literal(content)};\n")
        rows.append(
            f'    {{"{url}", "{TYPES[suffix]}", "{etag}", view(plain_{number}), view(gzip_{number})}},\n'
        )
    text = (
        "// Made by webui/embed.py.\n"
        '#include "webui/assets.h"\n\n'
        "namespace cairn {\nnamespace {\n\n"
        "template <std::size_t n>\n"
        "std::string_view view(const unsigned char (&a)[n]) {\n"
        "  return {reinterpret_cast<const char*>(a), n};\n}\n\n"
        + "".join(arrays)
        + "\n}  // namespace\n\nconst std::vector<asset> embedded_assets = {\n"
        + "".join(rows)
        + "};\n\n}  // namespace cairn\n"
    )
    pathlib.Path(out).write_text(text)


main(sys.argv[1], sys.argv[2:])
