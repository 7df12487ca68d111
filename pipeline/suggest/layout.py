"""How a file is written: encoding, delimiter, where its header is, and which sheets hold records.

Finds what ``format`` of ``sources.yaml`` must say. Records are read by the readers of extract, with what was found.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.extract import apart
from pipeline.extract.errors import WrongEncoding
from pipeline.extract.files import SourceFile, is_known_kind, known_kinds
from pipeline.extract.readers.encoding import find_encoding
from pipeline.extract.readers.headers import canonical_names
from pipeline.extract.readers.workbook import Workbook
from pipeline.redact import redaction
from pipeline.settings.sources import Format

_SAMPLE_BYTES, _SAMPLE_RECORDS = 1 << 18, 40
_DELIMITERS = (",", "\t", ";", "|")
# A header of a file with a title above it has most of the file's columns; a title has one or two.
_HEADER_SHARE = 0.6
_MOST_LABEL_ROWS, _FEWEST_BELOW_LABELS = 2, 3
_FEWEST_NAMES, _FEWEST_NAMED = 3, 0.2
_DATA_LIKE = re.compile(r"[+-]?\d[\d,.]*%?|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.*|\d{1,2}:\d{2}(:\d{2})?|.*\d{7}.*|\S+@\S+\.\S+")

# Bytes of one language are often valid in the codec of another, as rare characters. These are frequent in business texts.
_SIMPLIFIED = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运型号单客户修维服维障登类优急机编网店电话称姓址价费备注完态级"
)
_TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體相見被利等產或新己制身果加月話合回特代內信表化老給世位次度門任常先電數安報務單客戶維修號狀態時間日期編號類別備註"
)


@dataclass(frozen=True)
class Part:
    """A file, or one sheet of a workbook, with how it is written."""

    file: SourceFile
    written: dict[str, Any] = field(default_factory=dict)
    """The keys of ``format`` that it needs."""
    notes: tuple[str, ...] = ()

    @property
    def form(self) -> Format:
        return Format(**self.written)

    @property
    def opened(self) -> SourceFile:
        return replace(self.file, form=self.form)

    @property
    def name(self) -> str:
        """As messages call it."""
        sheet = self.written.get("sheet")
        return f"{self.file.name}#{sheet}" if sheet else self.file.name


def parts_of(path: Path, folder: Path) -> Iterator[Part]:
    """The file, or the sheets of a workbook that hold records; raises SourceRefused, and UsageError for an unknown kind."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    if not is_known_kind(path):
        raise UsageError(f"{path}: is not one of the known kinds ({known_kinds()})")
    name = path.relative_to(folder).as_posix()
    suffix = Path(name.removesuffix(".gz") if name.lower().endswith(".gz") else name).suffix.lower()
    if suffix == ".parquet":
        yield Part(SourceFile("", path, name, "parquet"))
    elif suffix in (".csv", ".tsv", ".txt"):
        yield _text_part(SourceFile("", path, name, "csv"))
    else:
        yield from apart.call(_sheet_parts, SourceFile("", path, name, "xlsx"))


def _text_part(file: SourceFile) -> Part:
    with file.open_text() as handle:
        sample = handle.read(_SAMPLE_BYTES)
    written: dict[str, Any] = {}
    notes: list[str] = []
    encoding = _encoding(file, sample)
    if encoding is not None:
        written["encoding"] = encoding
        notes.append(f"the encoding seems to be {encoding}")
    text = _decoded(sample, encoding or find_encoding(file, None)).removeprefix("\ufeff")
    default = "\t" if file.name.lower().removesuffix(".gz").endswith(".tsv") else ","
    delimiter = _delimiter(text, default)
    if delimiter != default:
        written["delimiter"] = delimiter
    return _with_header(file, _records(text, delimiter), written, notes)


def _sheet_parts(file: SourceFile) -> list[Part]:
    apart.at(apart.Place.reading(file))
    book = Workbook(file)
    found: list[Part] = []
    for place, name in enumerate(book.sheets):
        if name in book.hidden:
            continue
        rows = [
            ["" if cell is None else str(cell) for cell in row] for row in islice(book.sheet(name).iter_rows(), _SAMPLE_RECORDS)
        ]
        if sum(_filled(row) >= 2 for row in rows) >= 2:
            # The first sheet is read unless another is named.
            found.append(_with_header(file, rows, {"sheet": name} if place else {}, []))
    return found or [Part(file)]


def _with_header(file: SourceFile, records: Sequence[Sequence[str]], written: dict[str, Any], notes: list[str]) -> Part:
    width = Counter(_filled(record) for record in records[1:]).most_common(1)[0][0] if len(records) > 1 else 0
    for place, record in enumerate(records[: _SAMPLE_RECORDS // 2], start=1):
        if _filled(record) < max(_HEADER_SHARE * width, 1) and not _is_filled_by_labels(record, records[place:], width):
            continue
        if _is_header(record):
            if place > 1:
                written["header_row"] = place
                notes.append(f"the header is in record {place}")
            labels = _label_rows(records[place:])
            if labels:
                # With a row of its own for the header, `names` replace what stands there.
                written["header_row"] = place + len(labels)
                written["names"] = list(_with_labels(record, labels[0]))
                notes.append("below the header stand labels, which are passed over: the header's names are written out")
            return Part(file, written, tuple(notes))
        if place == 1 or not written.get("header_row"):
            break
    if len(records) > 1:
        written["names"] = [f"column {place}" for place in range(1, max(len(record) for record in records) + 1)]
        notes.append("no header was found; the columns are called column 1, column 2, … here: name them under format: names")
    return Part(file, written, tuple(notes))


def _label_rows(records: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The first records below a header that label columns too, as exports of surveys have them.

    Where the records behind them hold numbers and dates, they hold words or nothing.
    """
    for count in range(_MOST_LABEL_ROWS, 0, -1):
        labels, body = records[:count], records[count:]
        columns = [place for place in range(max(map(len, records), default=0)) if _is_data(_column(body, place))]
        if len(body) < _FEWEST_BELOW_LABELS or len(columns) < 2:
            continue
        of_labels = [[cell for cell in (_column([label], place) for place in columns) if cell] for label in labels]
        if all(len(cells) >= 2 and not any(_DATA_LIKE.fullmatch(cell[0]) for cell in cells) for cells in of_labels):
            return list(labels)
    return []


def _is_filled_by_labels(record: Sequence[str], below: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a record of few names is a header all the same: of every matrix of questions it names the first column only."""
    labels = _label_rows(below) if _filled(record) >= _FEWEST_NAMES else []
    return bool(labels) and _filled(_with_labels(record, labels[0])) >= width and _filled(record) >= _FEWEST_NAMED * width


def _column(records: Sequence[Sequence[str]], place: int) -> list[str]:
    cells = (record[place].strip() for record in records if place < len(record))
    return [cell for cell in cells if cell]


def _is_data(cells: list[str]) -> bool:
    return len(cells) >= _FEWEST_BELOW_LABELS and all(_DATA_LIKE.fullmatch(cell) for cell in cells)


def _with_labels(header: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """The header's names; where it has none, the label below it: of a matrix only the first column has the question above it."""
    width = max(len(header), len(labels))
    padded = ([*cells, *[""] * (width - len(cells))] for cells in (header, labels))
    return canonical_names(name.strip() or label for name, label in zip(*padded, strict=True))


def _is_header(record: Sequence[str]) -> bool:
    """Whether a record names columns: no dates, numbers, numbers of people, and nothing that redaction would take out."""
    cells = [cell.strip() for cell in record if cell.strip()]
    if not cells:
        return False
    data_like = sum(_DATA_LIKE.fullmatch(cell) is not None for cell in cells)
    if data_like > 0.2 * len(cells) or len(set(cells)) < 0.5 * len(cells):
        return False
    import polars as pl

    short = [cell for cell in cells if len(cell) <= 40]
    changed = sum(
        before != after for before, after in zip(short, redaction.redact_column(pl.Series(short, dtype=pl.String)), strict=True)
    )
    return changed <= 0.2 * len(cells)


def _filled(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE_RECORDS))
    except csv.Error:
        return [line.split(delimiter) for line in text.splitlines()[:_SAMPLE_RECORDS]]


def _delimiter(text: str, default: str) -> str:
    def consistency(delimiter: str) -> tuple[float, bool, int]:
        widths = Counter(len(record) for record in _records(text, delimiter) if any(record))
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        share = count / max(sum(widths.values()), 1)
        return (round(share, 1) if width > 1 else 0.0), delimiter == default, width

    found = max(_DELIMITERS, key=lambda each: (consistency(each)[0] * (consistency(each)[2] - 1), consistency(each)[1]))
    return found if consistency(found)[0] > 0 else default


def _decoded(sample: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return decoder.decode(sample)


def _encoding(file: SourceFile, sample: bytes) -> str | None:
    """The codec to declare; None: UTF-8 or GB18030, which the reader finds out. Raises WrongEncoding if no codec fits."""
    refusal: WrongEncoding | None = None
    try:
        if find_encoding(file, None) == "utf-8":
            return None
        fits_chinese = True
    except WrongEncoding as error:
        fits_chinese, refusal = False, error
    if b"\0" in sample[:4096]:
        wide = ("utf-16",) if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-16-le", "utf-16-be")
        likeness = {codec: 1.0 for codec in wide if (sample[1:2] == b"\0") == (codec != "utf-16-be") or codec == "utf-16"}
    else:
        likeness = {codec: _likeness(sample, codec) for codec in ("cp949", "shift_jis", "big5", "cp1252")}
    own = _likeness(sample, "gb18030") if fits_chinese else 0.0
    for codec in sorted(likeness, key=lambda each: -likeness[each]):
        if likeness[codec] > own + 0.2 and _reads(file, codec):
            return codec
    if refusal is not None:
        raise refusal
    return None


def _reads(file: SourceFile, codec: str) -> bool:
    try:
        return find_encoding(file, codec) == codec
    except WrongEncoding:
        return False


def _likeness(sample: bytes, codec: str) -> float:
    """How much a text looks like one of the codec's language: the share of its characters that are frequent there."""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    others = [character for character in text if character > "\x7f" and character.isalpha()]
    if not others:
        return 0.0
    if codec == "gb18030":
        return sum(character in _SIMPLIFIED for character in others) / len(others)
    if codec == "big5":
        return sum(character in _TRADITIONAL for character in others) / len(others)
    if codec == "cp949":
        # Half of a Chinese text is read as Hangul, too.
        return max(2 * sum("가" <= character <= "힣" for character in others) / len(others) - 1, 0.0)
    if codec == "shift_jis":
        return min(2 * sum("ぁ" <= character <= "ヺ" for character in others) / len(others), 1.0)
    # Letters with accents stand beside letters without, one at a time.
    alone = len(re.findall(r"(?<![^\x00-\x7f])[À-ÖØ-öø-ÿŒœŠšŽž](?![^\x00-\x7f])", text))
    return 0.8 * alone / len(others)
