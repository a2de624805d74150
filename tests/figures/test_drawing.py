"""Figures on paper: right size, not blank, the same bytes from the same data."""

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from figures import drawing, pipeline
from figures.drawing import FORMATS
from figures.manifest import FIGURES

SIZES = {  # inches
    "gh-fig1a": (7.2, 3.2),
    "gh-fig1b": (3.9, 3.5),
    "gh-fig2": (7.2, 3.2),
    "gh-fig4": (7.2, 3.4),
    "gh-fig5": (7.2, 5.4),
    "gh-fig6": (7.2, 3.0),
    "fm-layer-quantiles": (7.2, 3.2),
    "kl-bound-variance": (7.0, 5.2),
    "kl-tightness": (4.4, 3.6),
    "kl-optimal-scale": (7.2, 3.2),
    "kl-transient": (7.2, 3.2),
    "kl-variance-map": (7.0, 4.2),
    "hxp-heat-maps": (7.2, 6.2),
    "dl-convergence": (7.2, 3.9),
    "dl-contours": (7.2, 3.5),
}
FILLED = {"hxp-heat-maps"}  # with colour, edge to edge of the panels
DPI = 200


def test_every_figure_has_a_size_here():
    assert set(SIZES) == set(FIGURES)


@pytest.mark.parametrize("name", SIZES)
def test_png_has_its_size_and_is_not_blank(name, small_records, small_run, tmp_path):
    (path,) = pipeline.draw(small_records[name], small_run.data, "quick", tmp_path, ["png"])
    pixels = imread(path)[..., :3]
    assert pixels.shape[1::-1] == tuple(round(side * DPI) for side in SIZES[name])
    ink = np.any(pixels < 0.9, axis=2)
    assert 0.01 < ink.mean() < (0.8 if name in FILLED else 0.4)
    margins = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    assert not margins.any()  # nothing is cut off at the edge


@pytest.mark.parametrize("name", SIZES)
def test_texts_do_not_overlap(name, small_records, small_data):
    with drawing.styled():
        figure = small_records[name].plot(small_data[name])
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        for axes in figure.axes:
            legends = [axes.get_legend()] if axes.get_legend() else []
            words = [text for text in axes.texts if text.get_text()]
            boxes = [each.get_window_extent(renderer) for each in (*legends, *words)]
            for index, box in enumerate(boxes):
                assert not any(box.overlaps(other) for other in boxes[:index])
                assert axes.bbox.padded(2).containsx(box.x0)
                assert axes.bbox.padded(2).containsx(box.x1)


@pytest.mark.parametrize("suffix", FORMATS)
def test_equal_data_give_equal_files(suffix, small_records, small_run, tmp_path):
    def content(folder):
        (tmp_path / folder).mkdir()
        arguments = small_records["gh-fig1b"], small_run.data, "quick", tmp_path / folder, [suffix]
        return pipeline.draw(*arguments)[0].read_bytes()

    assert content("one") == content("two")


def test_caption_travels_with_the_file(small_records, small_run, tmp_path):
    (path,) = pipeline.draw(small_records["gh-fig4"], small_run.data, "quick", tmp_path, ["svg"])
    text = path.read_text()
    assert "Gurbuzbalaban &amp; Hu 2021, Fig. 4" in text
    assert "published curves are drawn at d - 1" in " ".join(text.split())


def test_readers_settings_do_not_matter_and_are_left_alone():
    with matplotlib.rc_context({"lines.linewidth": 17.0}):
        with drawing.styled():
            assert matplotlib.rcParams["lines.linewidth"] != 17.0
        assert matplotlib.rcParams["lines.linewidth"] == 17.0
