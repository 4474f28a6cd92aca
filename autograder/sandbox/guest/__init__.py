"""The guest side of the sandbox: code that shares a process, or a memory image, with student code.

The folder is mounted into the sandbox by itself. Its modules import the standard library, numpy, IPython and each
other, and nothing else of autograder. The host may import from here; it trusts no byte that a guest sends.
"""
