"""What the documents show of Python runs, and prints what they say."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import pytest

from conftest import ROOT

BLOCKS = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.S | re.M)


@pytest.mark.parametrize(("name", "least"), [("README.md", 2), ("python/README.md", 1)])
def test_documents(name: str, least: int) -> None:
    names: dict[str, Any] = {}
    blocks = BLOCKS.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(blocks) >= least
    for source, want in blocks:
        if "import pandas" in source:
            pytest.importorskip("pandas")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        if want:
            assert printed.getvalue() == want
