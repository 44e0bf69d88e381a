"""Cash shifts of the second iiko, in published shapes and with the other reading of every doubt."""

from __future__ import annotations

import typing as t

from support.other_cash import OtherCash, record
from support.other_ledger import D1, D2, DEPARTMENT, ORDER_1, ORDER_2, config
from support.taps import run_tap

if t.TYPE_CHECKING:
    from support.other_iiko import OtherIiko

Row = dict[str, t.Any]


def uuid(number: int) -> str:
    return f"9a7d0000-0000-4000-8000-{number:012}"


EVENING, DAY = uuid(1), uuid(2)
GROUPS = (
    # As a live Chain tells it: no department, no service mode, empty lists, a desk that is not the main one.
    f"<groupDtoes><groupDto><id>{uuid(11)}</id><name>Зал</name><pointOfSaleDtoes><pointOfSaleDto><id>{uuid(21)}</id>"
    "<name>Касса</name><main>false</main></pointOfSaleDto></pointOfSaleDtoes><restaurantSectionInfos/></groupDto>"
    f"<groupDto><id>{uuid(12)}</id><name>Бар</name><pointOfSaleDtoes></pointOfSaleDtoes><restaurantSectionInfos>"
    f"<restaurantSectionInfo><id>{uuid(31)}</id><name>Стойка</name></restaurantSectionInfo><restaurantSectionInfo>"
    f"<id>{uuid(32)}</id><name>Веранда</name></restaurantSectionInfo></restaurantSectionInfos></groupDto></groupDtoes>"
)


def shift(identity: str, opened: str, closed: str | None, **more: t.Any) -> Row:
    """With the names of the documentation; what is not there is left out."""
    return {
        "cashDiff": more["salesCash"] - 10,
        "closeDate": closed,
        "id": identity.upper(),
        "openDate": opened,
        "pointOfSale": uuid(21),
        "responsibleUser": uuid(41),
        "sessionNumber": 889,
        "operationDate": D2.isoformat(),
        "departmentId": DEPARTMENT,
        **more,
    }


def paid(number: int, **info: t.Any) -> Row:
    return record(uuid(number), 1.5, comment="Петровой", **info)


def cash() -> OtherCash:
    """Listed by the business day, which is the day after for a shift that is opened in the evening before."""
    found = OtherCash()
    evening = shift(EVENING, f"{D1}T23:25:07.304", f"{D2}T21:19:14.45", salesCash=-240, salesCerdit=0, salesCard=0.0)
    day = shift(DAY, f"{D2}T08:59", None, salesCash=120.5, salesCredit=1, salesCard=None, conception="")
    found.listed = [(D2, evening), (D2, day)]
    found.payments = {
        # Lists that are empty are null or not there; one of them has the other spelling.
        EVENING: {
            "payOutRecords": [paid(61, group="PAYOUT"), paid(62, auth=None, cashFlowCategory={})],
            "cashlessRecords": [paid(61)],
            "payInRecords": None,
        },
        DAY: {"sessionId": DAY, "payInRecords": [], "operationDay": D2.isoformat()},
    }
    return found


def serve(other: OtherIiko) -> None:
    for line in other.lines:
        line["SessionID"] = {ORDER_1: uuid(3), ORDER_2: EVENING}.get(line["UniqOrderId.Id"])
    other.lists |= {"groups": GROUPS, **cash().lists}


def test_the_other_reading_of_every_doubt_is_read_without_a_change(other: OtherIiko) -> None:
    serve(other)
    result = run_tap(config(other, extra_tables=["cash_shift_payments"]))
    assert result.code == 0
    groups = {row["id"]: row for row in result.records("restaurant_groups")}
    assert [(row["department_id"], row["group_service_mode"]) for row in groups.values()] == [(None, None)] * 2
    (point,) = result.records("points_of_sale")
    assert (point["restaurant_group_id"], point["main"]) == (uuid(11), False)
    assert [row["name"] for row in result.records("restaurant_sections")] == ["Стойка", "Веранда"]
    evening, day = sorted(result.records("cash_shifts"), key=lambda row: str(row["business_date"]))
    assert (evening["id"], evening["business_date"], evening["operation_day"]) == (EVENING, str(D1), str(D2))
    assert (day["open_date"], day["close_date"]) == (f"{D2}T08:59:00.000000", None)
    assert (day["conception_id"], day["point_of_sale_id"]) == (None, uuid(21))
    assert (day["responsible_user_id"], day["department_id"], day["sales_card"]) == (uuid(41), DEPARTMENT, None)
    assert (evening["sales_credit"], day["sales_credit"], evening["cash_reg_number"]) == (0, 1, None)


def test_records_of_both_spellings_and_of_equal_ids_are_rows(other: OtherIiko) -> None:
    serve(other)
    rows = run_tap(config(other, extra_tables=["cash_shift_payments"])).records("cash_shift_payments")
    assert [(row["record_type"], row["info_id"]) for row in rows] == [
        ("CASHLESS", uuid(61)),
        ("PAYOUT", uuid(61)),
        ("PAYOUT", uuid(62)),
    ]
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["cash_shift_id"] for row in rows} == {EVENING}
    assert {row["business_date"] for row in rows} == {str(D1)}, "the day of the shift"
    assert {(row["status"], row["comment"]) for row in rows} == {("3", None)}, "a comment is private"
