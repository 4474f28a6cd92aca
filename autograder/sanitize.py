"""The former place of `pages.sanitizer`, for course configurations written before version 0.2."""

from .pages.sanitizer import clean_html, markdown2html

__all__ = ["clean_html", "markdown2html"]
