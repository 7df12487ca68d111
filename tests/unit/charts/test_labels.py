"""Labels beside marks: they cover neither each other nor a mark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.charts.labels import Mark, Wanted, placed, text_width

_SIZE = st.floats(20, 380, allow_nan=False)


@given(st.lists(st.tuples(_SIZE, _SIZE, st.sampled_from(["W001", "客服中心", "P2-3a 平均问题解决时间"])), min_size=1, max_size=25))
def test_labels_cover_nothing(wanted: list[tuple[float, float, str]]) -> None:
    marks = [Mark(x, y, 5.0) for x, y, _ in wanted]
    found = placed([Wanted(mark, (text,)) for mark, (_, _, text) in zip(marks, wanted, strict=True)], marks, 400, 400)
    boxes = []
    for label in found:
        left = label.x - text_width(label.text) if label.is_left else label.x
        boxes.append((left, label.y - 6, left + text_width(label.text), label.y + 6))
    for place, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert right <= 400
        assert not [
            other for other in boxes[place + 1 :] if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        ]


def test_the_short_text_where_the_long_one_has_no_room() -> None:
    mark = Mark(50, 50, 5)
    (label,) = placed([Wanted(mark, ("P2-3a 平均问题解决时间（一般）", "P2-3a"))], [mark], 100, 100)
    assert label.text == "P2-3a"
    assert placed([Wanted(mark, ("P2-3a 平均问题解决时间（一般）",))], [mark], 100, 100) == []
