"""A fingerprint changes with any source, and with nothing else."""

from __future__ import annotations

import shutil
import types

import pytest

import numerics
from numerics import streams
from numerics.provenance import source_fingerprint


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.py").write_text("x = 1\n")
    (folder / "inner" / "b.py").write_text("y = 2\n")
    return folder


def test_contents_names_and_new_files_count(package):
    seen = {source_fingerprint(package)}
    (package / "inner" / "b.py").write_text("y = 3\n")
    seen.add(source_fingerprint(package))
    (package / "a.py").rename(package / "c.py")
    seen.add(source_fingerprint(package))
    (package / "d.py").write_text("")
    seen.add(source_fingerprint(package))
    assert len(seen) == 4


def test_place_and_other_files_do_not(package, tmp_path):
    before = source_fingerprint(package)
    (package / "notes.txt").write_text("new")
    shutil.copytree(package, tmp_path / "moved")
    assert source_fingerprint(tmp_path / "moved") == source_fingerprint(package) == before


def test_text_cannot_wander_between_files(tmp_path):
    for name, first, second in (("one", "ab", "c"), ("two", "a", "bc")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(first)
        (tmp_path / name / "b.py").write_text(second)
    assert source_fingerprint(tmp_path / "one") != source_fingerprint(tmp_path / "two")


def test_modules_and_packages():
    whole, part = source_fingerprint(numerics), source_fingerprint(streams)
    assert part == source_fingerprint(streams.__file__)
    assert len({whole, part, source_fingerprint(numerics, streams)}) == 3


@pytest.mark.parametrize("sources", [(), ("no-such-file.py",), (types.ModuleType("empty"),)])
def test_bad_sources(sources):
    with pytest.raises(ValueError, match="sources must"):
        source_fingerprint(*sources)
