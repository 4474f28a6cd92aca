"""The class report: what a class's reports and gradebook come to, as numbers and as a page for its instructor."""

from .page import page
from .summary import labels_of, summarise

__all__ = ["labels_of", "page", "summarise"]
