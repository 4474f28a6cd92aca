"""Start the zygote: ``python -I -S PATH/TO/guest OPTIONS``, where OPTIONS is `protocol.Options` as JSON."""

import importlib
import importlib.util
import json
import os
import sys

#: The name of this package inside the sandbox. A student's file may be called anything else.
PACKAGE = "_autograder_guest"


def load_package() -> None:
    """Import this folder as `PACKAGE`, without adding a folder to ``sys.path``."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(PACKAGE, os.path.join(folder, "__init__.py"),
                                                  submodule_search_locations=[folder])
    assert spec is not None and spec.loader is not None
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACKAGE])


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    sys.path += options["library_folders"]
    load_package()
    importlib.import_module(f"{PACKAGE}.zygote").main(options)
