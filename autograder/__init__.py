"""A numpy course on recurrent neural networks whose notebooks grade themselves."""

__version__ = "0.1.0"
