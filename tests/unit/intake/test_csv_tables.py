"""Reading a CSV table: bytes, lines, header, rows."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import cells, sheet
from services.intake.domain.decoding import FileRefused, LineTooLong, NotUtf8, lines_of
from services.intake.domain.faults import Fault, Faults
from services.intake.domain.mapping import (
    Field,
    Mapped,
    Source,
    UnknownFields,
    WrongConstant,
    WrongHeader,
)
from services.intake.domain.sheet import (
    BrokenQuoting,
    EmptyFile,
    NoRows,
    NulCharacter,
    TooManyRows,
    read_sheet,
)

FIELDS = (
    Field("name", cells.name, required=True),
    Field("level", cells.whole_number(1, 9), otherwise=1),
)


def read(text: str, mapped: Mapped | None = None) -> tuple[list[dict[str, object]], list[Fault]]:
    faults = Faults()
    rows = list(read_sheet(lines_of([text.encode()]), FIELDS, mapped or {}, faults))
    return [row.values for row in rows if row.complete], faults.listed


class TestDecoding:
    @given(st.text(), st.integers(min_value=1, max_value=9))
    def test_chunks_of_any_size_give_the_same_lines(self, text: str, size: int) -> None:
        raw = text.encode()

        lines = list(lines_of(raw[i : i + size] for i in range(0, len(raw), size)))

        whole = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        assert "".join(lines) == whole
        assert all(line.endswith("\n") for line in lines[:-1])

    @given(st.text(), st.binary(max_size=4), st.integers(min_value=1, max_value=9))
    def test_a_foreign_byte_is_named_by_its_place(
        self, before: str, after: bytes, size: int
    ) -> None:
        raw = before.encode() + b"\xff" + after

        with pytest.raises(NotUtf8) as refused:
            list(lines_of(raw[i : i + size] for i in range(0, len(raw), size)))

        assert refused.value.byte == len(before.encode()) + 1

    def test_an_unfinished_character_at_the_end_is_named_by_its_place(self) -> None:
        with pytest.raises(NotUtf8) as refused:
            list(lines_of([b"ab\xe2", b"\x82"]))

        assert refused.value.byte == 3

    def test_a_line_without_end_is_no_table(self) -> None:
        with pytest.raises(LineTooLong):
            list(lines_of([b"a\n", b"x" * 600_000, b"x" * 600_000]))


class TestHeader:
    def test_is_found_whatever_its_order_case_and_blanks(self) -> None:
        rows, _ = read("\ufeff Level ,other,NAME\n3,x,Ana\n")

        assert rows == [{"name": "Ana", "level": 3}]

    def test_that_lacks_a_column_is_refused_with_what_was_found(self) -> None:
        with pytest.raises(WrongHeader) as refused:
            read("Nome,level\nAna,3\n")

        assert refused.value.missing == ["name"]
        assert refused.value.found == ["Nome", "level"]
        assert str(refused.value) == "The header lacks “name”. It has “Nome”, “level”."

    def test_that_has_a_column_twice_is_refused(self) -> None:
        with pytest.raises(WrongHeader) as refused:
            read("name,Name\nAna,Ben\n")

        assert refused.value.repeated == ["name"]

    def test_that_lacks_an_optional_column_leaves_the_default(self) -> None:
        rows, _ = read("name\nAna\n")

        assert rows == [{"name": "Ana", "level": 1}]

    def test_that_lacks_an_optional_column_which_was_mapped_is_refused(self) -> None:
        with pytest.raises(WrongHeader):
            read("name\nAna\n", {"level": Source(column="Rank")})

    @pytest.mark.parametrize("delimiter", [";", "\t", ","])
    def test_says_what_separates_cells(self, delimiter: str) -> None:
        rows, _ = read(f"name{delimiter}level\nAna{delimiter}3\n")

        assert rows == [{"name": "Ana", "level": 3}]


class TestMapping:
    def test_takes_a_column_and_translates_its_words(self) -> None:
        source = Source(column="Rank", values={"senior": "7"})

        rows, _ = read("name,Rank\nAna, senior\nBen,2\n", {"level": source})

        assert [row["level"] for row in rows] == [7, 2]

    def test_gives_every_row_a_constant(self) -> None:
        rows, _ = read("who\nAna\n", {"name": Source("who"), "level": Source(constant="4")})

        assert rows == [{"name": "Ana", "level": 4}]

    def test_of_an_unknown_field_is_refused(self) -> None:
        with pytest.raises(UnknownFields):
            read("name\nAna\n", {"nmae": Source("name")})

    @pytest.mark.parametrize(("field", "constant"), [("level", "ten"), ("name", " ")])
    def test_with_a_wrong_constant_is_refused(self, field: str, constant: str) -> None:
        with pytest.raises(WrongConstant):
            read("name\nAna\n", {field: Source(constant=constant)})


class TestRows:
    def test_are_counted_as_a_spreadsheet_counts_them(self) -> None:
        _, faults = read('name,level\n"Ana",1\n\n,,\nBen,x\n"Cleo",99\n')

        assert [(fault.place, fault.field) for fault in faults] == [(5, "level"), (6, "level")]

    def test_with_line_breaks_inside_cells_count_once(self) -> None:
        _, faults = read('name,level\n"An\na",1\nBen,x\n')

        assert [fault.place for fault in faults] == [2, 3]

    def test_of_another_width_are_refused(self) -> None:
        _, faults = read("name,level\nAna\nBen,2,3\nCleo,4\n")

        assert faults == [
            Fault(2, None, "has 1 cells where the header has 2"),
            Fault(3, None, "has 3 cells where the header has 2"),
        ]

    def test_with_every_cell_wrong_tell_of_every_cell(self) -> None:
        _, faults = read("name,level\n ,x\n")

        assert [fault.field for fault in faults] == ["name", "level"]

    def test_beyond_what_an_import_may_have_are_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sheet, "MOST_ROWS", 2)

        with pytest.raises(TooManyRows):
            read("name\nAna\nBen\nCleo\n")


class TestWholeFile:
    @pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", " , \n"])
    def test_that_is_empty_is_refused(self, text: str) -> None:
        with pytest.raises(EmptyFile):
            read(text)

    @pytest.mark.parametrize("text", ["name,level", "name,level\n", "name,level\n,\n\n"])
    def test_with_a_header_alone_is_refused(self, text: str) -> None:
        with pytest.raises(NoRows):
            read(text)

    @pytest.mark.parametrize("row", ['"Ana,1\nBen,2\n', '"A"na,1\n', f'"{"x" * 140_000}",1\n'])
    def test_with_broken_quoting_is_refused_with_the_row(self, row: str) -> None:
        with pytest.raises(BrokenQuoting) as refused:
            read("name,level\nZoë,1\n" + row)

        assert refused.value.row == 3

    @pytest.mark.parametrize(
        ("text", "row"), [("na\x00me\nAna\n", 1), ("name,x\nAna,1\nBen,\x00\n", 3)]
    )
    def test_with_a_nul_character_is_refused_with_the_row(self, text: str, row: int) -> None:
        with pytest.raises(NulCharacter) as refused:
            read(text)

        assert refused.value.row == row

    @given(st.binary())
    def test_of_any_bytes_is_read_or_refused(self, raw: bytes) -> None:
        with contextlib.suppress(FileRefused):
            list(read_sheet(lines_of([raw]), FIELDS, {}, Faults()))

    @given(st.text(alphabet='na me,level;\t"\n\r\x003é'))
    def test_of_any_text_with_a_right_header_is_read_or_refused(self, text: str) -> None:
        with contextlib.suppress(FileRefused):
            rows, _ = read("name,level\n" + text)

            assert all(row["name"] for row in rows)
