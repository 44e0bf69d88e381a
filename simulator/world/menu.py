"""The product list: nested groups, dishes, goods, modifiers, sizes, as a restaurant group would have it.

Blanks, duplicates and nulls are where real servers have them (API reference 3.1.1): names with stray blanks, empty and
duplicate codes, null descriptions, deleted products.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from simulator.world.model import Choice, Coded, Group, Product, Scale, Size, TaxCategory
from simulator.world.units import MONEY, NANO

if t.TYPE_CHECKING:
    from simulator.world.units import Ids

# A group: its path; its user category; its accounting category; its place of cooking; the cost in percent of the price.
# A product: name; price in roubles; then any of: *N how often it is ordered, kg weighed, goods, service, raw, prepared,
# mod, tax N, scale NAME, with GROUP (a group of modifiers), free N, gone (deleted).
CARD: t.Final = """
# Кухня/Салаты и закуски | Еда | Кухня | Холодный цех | 27
Цезарь с курицей; 490; *22
Цезарь с креветками; 590; *9
Греческий салат; 430; *12
Салат с ростбифом; 560; *6
Оливье домашний; 360; *11
Винегрет с килькой; 320; *5
Брускетта с томатами; 340; *6
Паштет из печени; 390; *4
Сырная тарелка; 890; *3
Карпаччо из говядины; 640; *3
Хумус с лепёшкой; 380; *6
# Кухня/Супы | Еда | Кухня | Горячий цех | 24
Борщ с пампушкой; 390; *19
Солянка мясная; 420; *8
Куриный суп с лапшой; 320; *12
Том ям; 560; *10
Крем-суп грибной; 380; *8
Окрошка на квасе; 340; *4
# Кухня/Горячее/Мясо и птица | Еда | Кухня | Горячий цех | 33
Стейк рибай; 1890; *5; with Прожарка; with Соусы
Стейк из свинины; 690; *7; with Соусы
Бефстроганов с пюре; 590; *10
Котлета по-киевски; 560; *9
Шашлык из курицы; 520; *8; with Соусы
Утиная ножка конфи; 890; *3
Бургер классический; 540; *17; with Прожарка; with Добавки к бургеру
Бургер с беконом; 620; *11; with Прожарка; with Добавки к бургеру
Пельмени домашние; 430; *11
# Кухня/Горячее/Рыба | Еда | Кухня | Горячий цех | 36
Лосось на гриле; 1190; *5; with Соусы
Судак с овощами; 790; *4
Дорадо целиком; 3200; *2; kg
Фиш-энд-чипс; 560; *5; with Соусы
# Кухня/Горячее/Гарниры | Еда | Кухня | Горячий цех | 20
Картофель фри; 220; *18; with Соусы
Картофельное пюре; 190; *9
Овощи гриль; 290; *6
Рис отварной; 150; *6
# Кухня/Паста и ризотто | Еда | Кухня | Горячий цех | 23
Карбонара; 520; *12
Паста с морепродуктами; 690; *6
Болоньезе; 490; *8
Ризотто с белыми грибами; 590; *5
# Кухня/Пицца | Еда | Кухня | Пицца | 25
Маргарита; 490; *14; scale Пицца; with Добавки к пицце
Пепперони; 590; *17; scale Пицца; with Добавки к пицце
Четыре сыра; 650; *10; scale Пицца; with Добавки к пицце
Ветчина и грибы; 570; *9; scale Пицца; with Добавки к пицце
Гавайская; 560; *5; scale Пицца; with Добавки к пицце
# Кухня/Завтраки | Еда | Кухня | Горячий цех | 22
Сырники со сметаной; 360; *14
Омлет с сыром; 320; *8
Каша овсяная; 220; *9
Глазунья с беконом; 340; *7
Блины с красной икрой; 690; *3
# Кухня/Бизнес-ланч | Бизнес-ланч | Кухня | Горячий цех | 30
Бизнес-ланч из двух блюд; 350; *15
Бизнес-ланч из трёх блюд; 430; *13
# Кухня/Кулинария на вес | Кулинария | Кухня | Холодный цех | 38
Салат весовой; 890; *7; kg; tax 10
Холодец; 720; *3; kg; tax 10
Рыба запечённая; 1450; *3; kg; tax 10
Пирог с капустой; 640; *4; kg; tax 10
# Кондитерская/Десерты | Десерты | Кондитерская | Кондитерский цех | 28
Чизкейк; 340; *12
Медовик; 310; *9
Тирамису; 390; *7
Наполеон; 320; *7
Мороженое; 120; *9; with Топпинги
Эклер; 180; *6
# Кондитерская/Выпечка | Десерты | Кондитерская | Кондитерский цех | 30
Круассан; 190; *12; tax 10
Булочка с корицей; 170; *8; tax 10
Пирожок с мясом; 110; *8; tax 10
Хлебная корзина; 150; *9; tax 10
# Бар/Кофе | Напитки | Бар | Бар | 18
Капучино; 240; *30; scale Объём кофе; with Сиропы; with Молоко
Латте; 250; *17; scale Объём кофе; with Сиропы; with Молоко
Американо; 180; *20; scale Объём кофе; with Сиропы
Эспрессо; 150; *9
Раф ванильный; 310; *7; with Молоко
Флэт уайт; 260; *6; with Молоко
Какао; 240; *4; with Топпинги
# Бар/Чай | Напитки | Бар | Бар | 12
Чай чёрный (чайник); 290; *13; with Добавки к чаю
Чай зелёный (чайник); 290; *9; with Добавки к чаю
Облепиховый чай; 350; *8
Чай Ассам; 160; *6; with Добавки к чаю
# Бар/Безалкогольные напитки | Напитки | Бар | Бар | 26
Морс клюквенный; 190; *14
Лимонад домашний; 320; *11
Компот; 120; *8
Свежевыжатый апельсиновый сок; 320; *6
Кола 0,33; 180; *12; goods
Вода без газа 0,5; 130; *15; goods
Вода с газом 0,5; 130; *8; goods
Сок яблочный 0,2; 120; *6; goods
# Бар/Пиво | Алкоголь | Бар | Бар | 35
Светлое разливное; 320; *14; scale Пиво
Тёмное разливное; 350; *6; scale Пиво
Пшеничное нефильтрованное; 360; *7; scale Пиво
Безалкогольное 0,5; 260; *4; goods
# Бар/Вино | Алкоголь | Бар | Бар | 34
Шардоне, бокал; 420; *6
Каберне, бокал; 430; *6
Просекко, бокал; 460; *6
Мерло, бутылка; 2200; *2; goods
# Бар/Крепкий алкоголь | Алкоголь | Бар | Бар | 22
Водка 50 мл; 190; *5
Виски 50 мл; 420; *4
Настойка домашняя; 210; *6
# Бар/Коктейли | Алкоголь | Бар | Бар | 24
Апероль шприц; 560; *6
Негрони; 540; *4
Мохито безалкогольный; 360; *5
# Услуги | Услуги | Услуги | | 0
Обслуживание банкета; 1500; *0; service; tax 0
Доставка; 199; *0; service
Аренда зала; 8000; *0; service; tax 0
# Модификаторы/Сиропы | | Бар | Бар | 20
Сироп ваниль; 40; mod
Сироп карамель; 40; mod
Сироп лесной орех; 40; mod
Сироп кокос; 40; mod; gone
# Модификаторы/Молоко | | Бар | Бар | 40
Молоко кокосовое; 70; mod
Молоко овсяное; 70; mod
Молоко обычное; 0; mod
# Модификаторы/Топпинги | | Кондитерская | Кондитерский цех | 25
Шоколадный топпинг; 50; mod
Орешки; 60; mod
# Модификаторы/Прожарка | | Кухня | Горячий цех | 0
Прожарка medium; 0; mod
Прожарка medium rare; 0; mod
Прожарка well done; 0; mod
# Модификаторы/Соусы | | Кухня | Холодный цех | 25
Соус сырный; 60; mod
Соус барбекю; 60; mod
Кетчуп; 40; mod
Соус перечный; 80; mod
# Модификаторы/Добавки к бургеру | | Кухня | Горячий цех | 30
Двойная котлета; 190; mod
Сыр чеддер; 70; mod
Халапеньо; 50; mod
Без лука; 0; mod
# Модификаторы/Добавки к пицце | | Кухня | Пицца | 30
Моцарелла дополнительно; 120; mod
Пепперони дополнительно; 130; mod
Сырный бортик; 150; mod
# Модификаторы/Добавки к чаю | | Бар | Бар | 15
Мёд; 60; mod
Лимон; 30; mod
Чабрец; 40; mod
# Склад/Продукты | | Сырьё | | 100
Зерно кофе; 1500; raw; kg
Филе куриное; 340; raw; kg
Мука пшеничная; 60; raw; kg
Молоко 3,2 %; 85; raw
# Склад/Заготовки | | Сырьё | | 100
Тесто для пиццы; 120; prepared; kg
Соус цезарь п/ф; 420; prepared; kg
# Архив | Еда | Кухня | Горячий цех | 30
Фондю; 990; *0; gone
Цезарь с курицей; 450; *0; gone
Летний суп дня; 290; *0; gone
"""
SCALES: t.Final = {
    "Объём кофе": [("200 мл", "S", 100), ("300 мл", "M", 118), ("400 мл", "L", 135)],
    "Пицца": [("25 см", "25", 100), ("35 см", "35", 145)],
    "Старый объём": [("180 мл", "180", 100)],
    "Пиво": [("0,3 л", "0,3", 70), ("0,5 л", "0,5", 100)],
}
TAXES: t.Final = {20: "НДС 20%", 10: "НДС 10%", 0: "Без НДС"}
UNITS: t.Final = {"порц": None, "кг": "166", "шт": "796", "л": ""}
"""Names of measure units and their codes."""
STRAY_BLANKS: t.Final = {"Чай Ассам": "Чай  Ассам ", "Эклер": " Эклер", "Компот": "Компот ", "Кетчуп": "Кетчуп  "}
STRAY_BLANK_EVERY: t.Final = 11
"""The name of every which product ends in a blank: so many of a live list do (3.1.1)."""
NO_DESCRIPTION: t.Final = {"Том ям", "Сироп ваниль", "Водка 50 мл"}
DESCRIBED: t.Final = {"Цезарь с курицей": "Романо, курица гриль,\nсоус «Цезарь»", "Борщ с пампушкой": "Со сметаной"}
BLANK_CODES: t.Final = {"Хлебная корзина", "Без лука", "Зерно кофе"}
TWIN_CODES: t.Final = {"Латте": "Капучино", "Греческий салат": "Цезарь с креветками", "Мёд": "Лимон"}


@dataclass
class Menu:
    """The product list and what its entries refer to."""

    groups: list[Group] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    former: list[Product] = field(default_factory=list)
    """Products as they were called before, on servers whose reports keep that."""
    scales: list[Scale] = field(default_factory=list)
    units: dict[str, Coded] = field(default_factory=dict)
    taxes: dict[int, TaxCategory] = field(default_factory=dict)
    categories: dict[str, Coded] = field(default_factory=dict)
    accounting: dict[str, Coded] = field(default_factory=dict)
    places: dict[str, Coded] = field(default_factory=dict)

    def product(self, name: str) -> Product:
        """The product of that name that is not deleted."""
        return next(each for each in self.products if " ".join(each.name.split()) == name and not each.deleted)


class _Builder:
    def __init__(self, ids: Ids, price_percent: int) -> None:
        self.ids = ids
        self.price_percent = price_percent
        self.menu = Menu()
        self.paths: dict[str, Group] = {}
        self.wishes: list[tuple[Product, list[str]]] = []
        menu = self.menu
        menu.units = {name: Coded(ids("unit", name), name, code) for name, code in UNITS.items()}
        menu.taxes = {
            percent: TaxCategory(ids("tax", percent), name, str(number), percent=percent)
            for number, (percent, name) in enumerate(TAXES.items(), 1)
        }
        retired = TaxCategory(ids("tax", 18), "НДС 18%", None, deleted=True, percent=18)
        menu.taxes[18] = retired
        for scale, sizes in SCALES.items():
            menu.scales.append(
                Scale(
                    ids("scale", scale),
                    scale,
                    [
                        Size(ids("size", scale, name), name, short, n, n == 0, factor)
                        for n, (name, short, factor) in enumerate(sizes)
                    ],
                    deleted=scale == "Старый объём",
                )
            )

    def group(self, path: str) -> Group:
        if path not in self.paths:
            above, _, name = path.rpartition("/")
            parent = self.group(above) if above else None
            number = len(self.paths) + 1
            made = Group(
                self.ids("group", path),
                name,
                f"{number:04}",
                str(number),
                parent,
                deleted=name == "Архив",
                description=None if name == "Пиво" else "",
                modifiers=path.startswith("Модификаторы"),
            )
            self.paths[path] = made
            self.menu.groups.append(made)
        return self.paths[path]

    def named(self, kind: str, store: dict[str, Coded], name: str) -> Coded | None:
        if not name:
            return None
        return store.setdefault(name, Coded(self.ids(kind, name), name))

    def build(self) -> Menu:
        menu = self.menu
        header: list[str] = []
        for text in CARD.strip().splitlines():
            if text.startswith("#"):
                header = [part.strip() for part in text[1:].split("|")]
                continue
            name, price, *options = (part.strip() for part in text.split(";"))
            path, category, accounting, place, cost = header
            self.add(name, int(price), options, self.group(path), int(cost), category, accounting, place)
        menu.categories["Сезонное меню"] = Coded(self.ids("category", "Сезонное меню"), "Сезонное меню", deleted=True)
        for product, wanted in self.wishes:
            product.choices = [self.choice(path) for path in wanted]
        self.add_oddities()
        return menu

    def add(  # noqa: PLR0913, PLR0917 - a line of the card and the heading above it
        self,
        name: str,
        price: int,
        options: list[str],
        group: Group,
        cost: int,
        category: str,
        accounting: str,
        place: str,
    ) -> None:
        menu = self.menu
        number = len(menu.products) + 1
        words = dict.fromkeys(options)
        values = {option.split(" ", 1)[0]: option.split(" ", 1)[1] for option in options if " " in option}
        weight = next((int(option[1:]) for option in options if option.startswith("*")), 0)
        kind = next((o for o in ("goods", "service", "raw", "prepared", "mod") if o in words), "dish")
        weighed = "kg" in words
        unit = "кг" if weighed else "шт" if kind == "goods" else "л" if name.startswith("Молоко 3") else "порц"
        kopecks = price * MONEY * self.price_percent // 100
        product = Product(
            pk=number,
            id=self.ids("product", number),
            name=STRAY_BLANKS.get(name, f"{name} " if number % STRAY_BLANK_EVERY == 0 else name),
            num=f"{number:05}",
            code="" if name in BLANK_CODES else str(100 + number),
            type={"dish": "DISH", "raw": "GOODS", "mod": "MODIFIER"}.get(kind, kind.upper()),
            group=group,
            price=kopecks,
            cost=kopecks * cost * (NANO // MONEY) // 100 + number * 1_234_567,
            unit=menu.units[unit],
            tax=menu.taxes[int(values.get("tax", 20))],
            category=self.named("category", menu.categories, category),
            accounting=t.cast("Coded", self.named("accounting", menu.accounting, accounting)),
            place=self.named("place", menu.places, place),
            scale=next((each for each in menu.scales if each.name == values.get("scale")), None),
            weighed=weighed,
            deleted="gone" in words,
            sold=kind not in {"raw", "prepared", "mod"} and "gone" not in words,
            weight=weight,
            description=None if name in NO_DESCRIPTION else DESCRIBED.get(name, ""),
        )
        if cost == 0:
            product.cost = 0
        menu.products.append(product)
        wanted = [option.split(" ", 1)[1] for option in options if option.startswith("with ")]
        if wanted:
            self.wishes.append((product, wanted))

    def choice(self, name: str) -> Choice:
        group = self.paths[f"Модификаторы/{name}"]
        must = name == "Прожарка"
        inside = [each for each in self.menu.products if each.group is group and not each.deleted]
        children = [Choice(each, maximum=1, free=1 if each.price == 0 else 0) for each in inside]
        return Choice(group, minimum=int(must), maximum=1 if must else 3, required=must, children=children)

    def add_oddities(self) -> None:
        """Facts of real lists: codes that two products share; a modifier both alone and in a group; a root product."""
        menu = self.menu
        for name, twin in TWIN_CODES.items():
            menu.product(name).code = menu.product(twin).code
        honey = menu.product("Мёд")
        for name in ("Сырники со сметаной", "Чай Ассам"):
            menu.product(name).choices.append(
                Choice(honey, default=1 if name.startswith("Сыр") else 0, free=1, maximum=2)
            )
        menu.product("Аренда зала").group = None


def build_menu(ids: Ids, price_percent: int) -> Menu:
    """The product list of one database."""
    return _Builder(ids, price_percent).build()
