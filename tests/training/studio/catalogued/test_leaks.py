from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.reference.corpus import ReferenceCorpus
from glassmaster.data.synthetic import compose
from glassmaster.inference.corpora import shipped_corpus
from glassmaster.training.benchmark.delivery import deliver_audio
from glassmaster.training.studio.catalogued.leaks import leaks_of
from glassmaster.training.studio.catalogued.studying import NAMES, Studied


def of_content(content: np.ndarray, duration_s: float) -> Studied:
    rest = {name: np.zeros(1) for name in NAMES}
    both = np.stack((content, np.zeros_like(content)))
    return Studied(**{**rest, "content": both, "durations_s": np.full(2, duration_s)})


@pytest.fixture(scope="module")
def corpus() -> ReferenceCorpus:
    """The shipped corpus, one track of it being a master of a generated song."""
    mix = compose(7, duration_s=12.0).mix
    master = deliver_audio(mix.samples, mix.sample_rate, -10.0)
    found = analyze(ArrayReader(Audio(master.samples, master.sample_rate)))
    whole = shipped_corpus()
    tracks = (replace(whole.tracks[0], duration_s=12.0), *whole.tracks[1:])
    content = np.concatenate((found.content[None], whole.content[1:]))
    return replace(whole, tracks=tracks, content=content)


def test_the_same_file_is_caught(corpus: ReferenceCorpus) -> None:
    unlike = of_content(np.zeros(corpus.content.shape[1]), 1.0)
    track = corpus.tracks[5]
    found = leaks_of(["a", "b"], [("x", track.sha256), ("y", "z")], [unlike, unlike], [corpus])
    assert found == {"a": f"{track.identity} of the corpus {corpus.name}"}


def test_the_same_recording_is_caught(corpus: ReferenceCorpus) -> None:
    mix = compose(7, duration_s=12.0).mix
    content = analyze(ArrayReader(mix)).content
    found = leaks_of(["a"], [("x", "y")], [of_content(content, 12.0)], [corpus])
    assert corpus.tracks[0].identity in found["a"]
    # what is twice as long is another recording, whatever it sounds like
    assert leaks_of(["a"], [("x", "y")], [of_content(content, 24.0)], [corpus]) == {}


def test_other_songs_are_not(corpus: ReferenceCorpus) -> None:
    names, studied = [], []
    for seed, style in enumerate(("rock", "ballad", "electronic", "jazz")):
        try:
            song = compose(seed, style=style, duration_s=12.0).mix
        except ValueError:  # of a style that there is not
            continue
        names.append(style)
        studied.append(of_content(analyze(ArrayReader(song)).content, 12.0))
    assert leaks_of(names, [("x", "y")] * len(names), studied, [corpus]) == {}


def test_tracks_of_a_corpus_are_not_one_another() -> None:
    whole = shipped_corpus()
    studied = [
        of_content(content, track.duration_s)
        for content, track in zip(whole.content, whole.tracks, strict=True)
    ]
    names = [track.identity for track in whole.tracks]
    apart = 0
    for place in range(0, len(whole), 4):
        others = whole.without(np.arange(len(whole)) == place)
        apart += not leaks_of([names[place]], [("x", "y")], [studied[place]], [others])
    assert apart == len(range(0, len(whole), 4))
