from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.reference import indexing
from glassmaster.data.reference.corpus import ReferenceCorpus, read_corpus
from glassmaster.data.reference.embedding import shipped_embedding
from glassmaster.data.reference.indexing import open_index, places_of, update_index
from glassmaster.data.reference.shipped import SHIPPED

pytest.importorskip("usearch")


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> ReferenceCorpus:
    monkeypatch.setattr(indexing, "EXACT_TRACKS", 100)
    return read_corpus(SHIPPED)


def test_a_large_corpus_has_an_index_that_fits_it(corpus: ReferenceCorpus, tmp_path: Path) -> None:
    path, embedding = tmp_path / "a.corpus", shipped_embedding()
    assert open_index(path, corpus, embedding) is None  # nobody made one
    update_index(path, corpus, embedding)
    index = open_index(path, corpus, embedding)
    assert index is not None
    places = places_of(corpus, embedding)
    assert index.nearest(places[7], 1, embeddings=places).indices.tolist() == [7]

    changed = replace(corpus, content=corpus.content + 0.01)
    assert open_index(path, changed, embedding) is None
    update_index(path, changed, embedding)
    assert len(list(tmp_path.iterdir())) == 1  # the older one is gone
    assert open_index(path, changed, embedding) is not None


def test_a_small_corpus_has_none(corpus: ReferenceCorpus, tmp_path: Path) -> None:
    path, embedding = tmp_path / "a.corpus", shipped_embedding()
    update_index(path, corpus, embedding)
    few = corpus.rows(np.arange(100))
    update_index(path, few, embedding)
    assert not list(tmp_path.iterdir())
    assert open_index(path, few, embedding) is None
