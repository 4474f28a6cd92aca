"""The kinds of output that are kept and shown. Scripts and widgets are not: no page could serve them."""

import re

RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")
SVG = "image/svg+xml"
PROSE = ("text/markdown", "text/latex")
TEXTS = ("text/plain", "text/html", *PROSE, SVG)
#: The beginning of an address that holds a picture: one that is only an ``<img>``, or any.
RASTER_ADDRESS = f"data:image/(?:{'|'.join(kind.removeprefix('image/') for kind in RASTER)});base64,"
PICTURE_ADDRESS = re.compile(f"{RASTER_ADDRESS}|data:{re.escape(SVG)}[;,]")
