"""All words of the page, once, in both languages. Names that iiko gives are shown as they are."""

from __future__ import annotations

import typing as t

from tap_iiko.report.states import State
from tap_iiko.report.words import WEEKDAYS, Words, counted

if t.TYPE_CHECKING:
    from tap_iiko.report.figures import Measure

SIGNS: t.Final = {
    State.MISSING: "×",
    State.DIFFERS: "≠",
    State.STALE: "!",
    State.UNCHECKED: "?",
    State.SILENT: "–",
    State.LATE: "△",
    State.OPEN: "…",
    State.LOADED: "",
    State.PROVED: "",
}
STATES: t.Final = {
    State.MISSING: Words("нет данных", "missing"),
    State.DIFFERS: Words("не сошлось", "differs"),
    State.STALE: Words("не перечитано", "not re-read"),
    State.UNCHECKED: Words("не сверено", "not checked"),
    State.SILENT: Words("нет продаж", "no sales"),
    State.LATE: Words("изменилось позже", "changed late"),
    State.OPEN: Words("день не закрыт", "day open"),
    State.LOADED: Words("загружено, без сверки", "loaded, not compared"),
    State.PROVED: Words("сошлось", "proved"),
}
REMEDIES: t.Final = {
    State.MISSING: Words(
        "Не загружено. Пропущенные дни берёт следующий прогон.", "Not loaded. The next run takes missing days."
    ),
    State.DIFFERS: Words(
        "{difference}. Следующий прогон перечитает день.", "{difference}. The next run reads the day again."
    ),
    State.STALE: Words(
        "Перечитать не удалось, показаны прежние цифры.", "Could not be read again, the old figures are shown."
    ),
    State.UNCHECKED: Words(
        "Загружено, но не сверено: итогов iiko не было.", "Loaded but not compared: there were no totals of iiko."
    ),
    State.SILENT: Words(
        "Продаж нет: выходной или данные ресторана ещё не пришли в центр.",
        "No sales: closed, or the restaurant's data have not reached the head office yet.",
    ),
}
DIFFERS_BY: t.Final = Words(
    "Не сошлось: {metric} на {difference} из {probe}", "{metric} differs by {difference} out of {probe}"
)
METRICS: t.Final = {
    "dish_discount_sum": Words("выручка", "Revenue"),
    "dish_sum": Words("сумма до скидок", "Sum before discounts"),
    "discount_sum": Words("скидки", "Discounts"),
    "increase_sum": Words("надбавки", "Surcharges"),
    "vat_sum": Words("НДС", "VAT"),
    "dish_return_sum": Words("возвраты", "Refunds"),
    "dish_amount": Words("количество", "Quantity"),
    "product_cost": Words("себестоимость", "Cost"),
}
# Rules between tables, and what they compare; another one is shown by its name.
RULES: t.Final = {
    "R1": Words(
        "Оплаты чеков не равны суммам своих кассовых смен (R1)",
        "Payments of receipts do not equal the sums of their cash shifts (R1)",
    ),
    "R2": Words(
        "Остатки складов не равны прежним остаткам и движению между ними (R2)",
        "Balances of stores do not equal those before and what moved between them (R2)",
    ),
    "R3": Words(
        "Строки проведённых документов не равны своим проводкам (R3)",
        "Lines of posted documents do not equal their postings (R3)",
    ),
    "R4": Words(
        "Проводки не сходятся сами с собой или с итогами iiko (R4)",
        "The ledger does not agree with itself or with iiko's totals (R4)",
    ),
    "R5": Words(
        "Себестоимость проданного не равна списанному под продажи (R5)",
        "The cost of what was sold does not equal what was written off for sales (R5)",
    ),
}
RULE_MEASURES: t.Final = {
    "cash": Words("наличные", "cash"),
    "card": Words("карты", "card"),
    "credit": Words("безналичные", "credit"),
    "amount": Words("количество", "quantity"),
    "sum": Words("сумма", "sum"),
    "cost": Words("себестоимость", "cost"),
    "amount_in": Words("приход, количество", "quantity in"),
    "amount_out": Words("расход, количество", "quantity out"),
    "sum_incoming": Words("дебет", "debit"),
    "sum_outgoing": Words("кредит", "credit"),
}
MEASURES: t.Final = {
    "revenue": Words("Выручка", "Revenue"),
    "orders": Words("Заказы", "Orders"),
    "check": Words("Средний чек", "Average check"),
    "guests": Words("Гости", "Guests"),
    "discounts": Words("Скидки", "Discounts"),
    "refunds": Words("Возвраты", "Refunds"),
    "deletions": Words("Удаления", "Deletions"),
    "food_cost": Words("Фудкост", "Food cost"),
}
SHARES_OF: t.Final = {
    "discounts": Words(", доля от суммы до скидок", ", share of the sum before"),
    "refunds": Words(", доля выручки", ", share of revenue"),
    "deletions": Words(", доля выручки", ", share of revenue"),
}

PAGE: t.Final = {
    "title": Words("Утренний отчёт", "Morning page"),
    "nameless_group": Words("Рестораны", "Restaurants"),
    "nameless": Words("без названия", "no name"),
    "restaurant": Words("Ресторан", "Restaurant"),
    "all_restaurants": Words("Все рестораны", "All restaurants"),
    "everywhere": Words("все рестораны", "all restaurants"),
    "more_places": Words("и ещё {count}", "and {count} more"),
    "language": Words("Язык", "Language"),
    "look": Words("Оформление", "Appearance"),
    "auto": Words("Авто", "Auto"),
    "light": Words("Светлое", "Light"),
    "dark": Words("Тёмное", "Dark"),
    # verdict
    "good": Words("Всё на месте", "Everything is there"),
    "alarm": Words("Нужно посмотреть: {cases}", "{cases} a look"),
    "broken": Words("Последний прогон не прошёл до конца", "The last run did not get to its end"),
    "empty": Words("Здесь ещё нет данных", "There is no data yet"),
    "all_proved": Words(
        "Все закрытые дни равны итогам самой iiko до копейки.", "All closed days equal iiko's own totals to the kopeck."
    ),
    "others_proved": Words(
        "Остальные закрытые дни равны итогам самой iiko.", "All other closed days equal iiko's own totals."
    ),
    "none_closed": Words("Закрытых дней ещё нет.", "No day has closed yet."),
    "not_compared": Words("Сверка с iiko выключена.", "The comparison with iiko is off."),
    "partly_compared": Words("Сверка с iiko выключена: {servers}.", "The comparison with iiko is off: {servers}."),
    "read_at": Words("Прочитано {moment} UTC.", "Read {moment} UTC."),
    "first_load": Words(
        "Загрузите их: meltano run tap-iiko target-postgres, затем make views (tap-iiko --apply views).",
        "Load it: meltano run tap-iiko target-postgres, then make views (tap-iiko --apply views).",
    ),
    "preliminary": Words("предварительно: день не закрыт", "preliminary: day not closed"),
    "last_day": Words("Последний день", "Last day"),
    # tiles
    "lfl": Words("LFL", "LFL"),
    "lfl_meaning": Words("LFL: те же дни недели 52 недели назад.", "LFL: against the same weekdays 52 weeks before."),
    "plan": Words("План: {plan}", "Plan: {plan}"),
    "plan_of_some": Words(" ({some} из {all} ресторанов)", " ({some} of {all} restaurants)"),
    "of_plan": Words("К плану", "Of plan"),
    "plan_meaning": Words(
        "Выполнение плана: выручка к плану, только дни ресторанов, у которых есть и то и другое.",
        "Of plan: revenue against plan, only restaurant days that have both.",
    ),
    "no_comparison": Words("не с чем сравнить", "nothing to compare with"),
    # is everything there
    "there": Words("Всё ли на месте", "Is everything there"),
    "there_lead": Words(
        "Каждый закрытый день сверяется с итогами iiko: чеки, строки, оплаты и отчёт о продажах.",
        "Each closed day is compared with iiko's totals: receipts, lines, payments and the sales report.",
    ),
    "calendar": Words("Дни по ресторанам", "Days by restaurant"),
    "broken_rule": Words(
        "{rule}: {sums} за {days}. Больше всего {where}, {measure}: {found} вместо {expected}, разница {difference}. "
        "Где смотреть: таблица checks, строки, где proved = false.",
        "{rule}: {sums} in {days}. The most {where}, {measure}: {found} instead of {expected}, a difference of "
        "{difference}. Where to look: table checks, rows where proved = false.",
    ),
    "attention": Words("Требует внимания", "Needs a look"),
    "nothing": Words("Ничего.", "Nothing."),
    "late": Words("Изменилось задним числом", "Changed after closing"),
    "noticed_after": Words("замечено через {days}", "noticed after {days}"),
    "no_revenue_change": Words("Выручка не изменилась", "Revenue did not change"),
    "in_all": Words("Всего {count}", "In all {count}"),
    "lateness": Words("Случаев по тому, через сколько дней замечено", "Cases by days until noticed"),
    "runs": Words("Последние прогоны", "Last runs"),
    "run_started": Words("Начало, UTC", "Started, UTC"),
    "run_outcome": Words("Итог", "Outcome"),
    "run_took": Words("Длился", "Took"),
    "run_days": Words("Дней прочитано", "Days read"),
    "run_rows": Words("Строк", "Rows"),
    "run_good": Words("Без ошибок", "No errors"),
    "run_failed": Words("Не удалось: {count}.", "{count} failed."),
    "run_skipped": Words("Пропущено: {count}", "{count} skipped"),
    "no_runs": Words("В журнале нет ни одного прогона.", "The log knows no run."),
    # sales
    "sales": Words("Продажи", "Sales"),
    "period": Words(
        "{days} до {last}, в сравнении с предыдущими {count}.", "{days} up to {last}, against the {count} before."
    ),
    "like_for_like": Words(
        "Изменения сопоставимы: взяты только дни ресторанов, которые есть в обоих периодах.",
        "Changes are like for like: only restaurant days that are there in both periods.",
    ),
    "not_loaded": Words("Таблица не загружается", "This table is not loaded"),
    "nothing_sold": Words("За этот период продаж нет.", "Nothing was sold in this period."),
    "by_day": Words("Выручка по дням", "Revenue by day"),
    "key_day": Words("день", "day"),
    "key_before": Words("тот же день неделей раньше", "same weekday a week before"),
    "key_open": Words("не закрыт", "not closed"),
    "key_missing": Words("нет данных", "missing"),
    "figures_and_definition": Words("Числа и определение", "Figures and definition"),
    "definition": Words("Определение", "Definition"),
    "definition_and_weak": Words("Определение и слабые блюда", "Definition and weak dishes"),
    "col_day": Words("День", "Day"),
    "col_before": Words("Неделей раньше", "A week before"),
    "col_change": Words("Изменение", "Change"),
    "by_hour": Words("По часам и дням недели", "By hour and weekday"),
    "by_hour_lead": Words("Выручка за час в среднем{unit}", "Average revenue of an hour{unit}"),
    "thousands": Words(", тыс.", ", thousand"),
    "hour": Words("Час", "Hour"),
    "no_times": Words("Время закрытия заказов не загружено.", "Closing times are not loaded."),
    "payments": Words("Способы оплаты", "Payment mix"),
    "payments_lead": Words("Доля выручки", "Share of revenue"),
    "unpaid": Words("(без оплаты)", "(not paid)"),
    "others": Words("прочее", "other"),
    "without_revenue": Words("Без выручки, по ценам меню:", "Without revenue, at menu prices:"),
    "abc": Words("Блюда по ABC", "Dishes by ABC"),
    "abc_lead": Words(
        "A: первые 80 % выручки, B: до 95 %, C: остальное", "A: the first 80% of revenue, B: up to 95%, C: the rest"
    ),
    "dishes": Words("Блюда", "Dishes"),
    "most_revenue": Words("Больше всего выручки", "Most revenue"),
    "weak": Words("CCC, слабые по всем трём: {dishes}.", "CCC, weak in all three: {dishes}."),
    "no_weak": Words("Слабых по всем трём нет.", "None is weak in all three."),
    "dashed": Words(
        "Пунктир: среднее по дням. Доли считаются от суммы за период, а не средним по дням.",
        "Dashed: mean of the days. Shares are those of the whole period, not means of daily shares.",
    ),
    "by_restaurant": Words("По ресторанам", "By restaurant"),
    "weeks": Words("13 недель", "13 weeks"),
    "share": Words("Доля", "Share"),
    "change_of": Words("Изменение: {measure}", "Change: {measure}"),
    "total": Words("Всего", "Total"),
    # footer
    "made": Words(
        "Собрано {moment} UTC из базы данных; файл ничего не запрашивает из сети и ничего не запоминает.",
        "Made {moment} UTC from the database; the file asks nothing of the network and remembers nothing.",
    ),
    "why": Words(
        "Почему число отличается от iikoOffice: docs/why-numbers-differ.ru.md",
        "Why a number differs from iikoOffice: docs/why-numbers-differ.md",
    ),
}
# Behind a change: against the day a week before.
AGAINST: t.Final = tuple(
    Words(f"к {ru}", f"vs last {en}")
    for ru, en in zip(
        ("прошлому пн", "прошлому вт", "прошлой ср", "прошлому чт", "прошлой пт", "прошлой сб", "прошлому вс"),
        WEEKDAYS[1],
        strict=True,
    )
)
DEFINITIONS: t.Final = {
    "by_day": Words(
        "Выручка: сумма со скидкой по неудалённым строкам неудалённых заказов, как в iikoOffice. День учётный: "
        "проданное после полуночи относится к вечеру.",
        "Revenue: the sum after discount of lines that are not deleted in orders that are not deleted, as in "
        "iikoOffice. The day is the accounting day: what is sold after midnight belongs to the evening.",
    ),
    "by_hour": Words(
        "Выручка по часу закрытия заказа и дню недели учётного дня, делённая на число таких дней недели с данными.",
        "Revenue by the hour in which the order was closed and the weekday of the accounting day, divided by the "
        "number of such weekdays with data.",
    ),
    "payments": Words(
        "Выручка заказа делится между его оплатами в пропорции их сумм. Это доля продаж, а не деньги в кассе.",
        "The revenue of an order is split between its payments in proportion to their sums. It is a share of sales, "
        "not money in the till.",
    ),
    "abc": Words(
        "Три буквы: количество, выручка, выручка за вычетом себестоимости. A, пока блюда выше не набрали 80 %, B, пока "
        "не набрали 95 %, остальное C.",
        "Three letters: quantity, revenue, revenue less cost. A while the dishes above have not reached 80%, B while "
        "they have not reached 95%, the rest is C.",
    ),
}


def case_count(count: int) -> Words:
    """``3 случая``, ``3 things need``."""
    return counted(count, ("случай", "случая", "случаев"), ("thing needs", "things need"))


def sum_count(count: int) -> Words:
    """``3 суммы``, ``3 sums``."""
    return counted(count, ("сумма", "суммы", "сумм"), ("sum", "sums"))


def day_count(count: int) -> Words:
    """``28 дней``, ``28 days``."""
    return counted(count, ("день", "дня", "дней"), ("day", "days"))


def quiet_restaurants(count: int, *, are_all: bool, are_compared: bool) -> Words:
    """What is said of the rows that have nothing to say."""
    who = counted(count, ("ресторан", "ресторана", "ресторанов"), ("restaurant", "restaurants"))
    if not are_all:
        who = Words("Ещё ", "") + counted(
            count, ("ресторан", "ресторана", "ресторанов"), ("more restaurant", "more restaurants")
        )
    return who + (
        Words(": все дни сошлись", ": all days proved")
        if are_compared
        else Words(": все дни загружены, без сверки", ": all days loaded, not compared")
    )


def with_its_whole(measure: Measure) -> Words:
    """``Возвраты, доля выручки``."""
    return MEASURES[measure.name] + SHARES_OF.get(measure.name, "")
