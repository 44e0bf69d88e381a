"""The SALES fields of iikoServer (API reference appendix A): name, type, flags, age, caption, by tag.

Flags are A aggregation, G grouping, F filtering. ``old`` fields exist on a server with 229 fields, ``new`` ones since
the set of 279, ``2026`` ones since the set of 285.
"""

SALES = """
# Заказ
Banquet|ENUM|-GF|old|Банкет
CloseTime|DATETIME|-GF|old|Время закрытия
Comment|STRING|-GF|old|Комментарий к блюду
DeletionComment|STRING|-GF|old|Комментарий к удалению блюда
DishAmountInt|AMOUNT|AGF|old|Количество блюд
DishAmountInt.PerOrder|AMOUNT|A--|old|Среднее количество блюд в чеке
DishReturnSum|MONEY|AGF|old|Сумма возврата
DishReturnSum.withoutVAT|MONEY|A--|new|Сумма возврата без НДС
ExternalNumber|STRING|-GF|new|Внешний номер заказа
FiscalChequeNumber|STRING|-GF|new|Номера фискальных чеков
GroupOrderId|ID|-GF|new|ID группового заказа
GroupOrderNum|INTEGER|-GF|new|Номер группового чека
ItemSaleEvent.Id|ID|-GF|new|ID позиции заказа
NonCashPaymentType|STRING|-GF|old|Тип безналичной оплаты
NonCashPaymentType.DocumentType|ENUM|-GF|old|Тип документа списания
OpenTime|DATETIME|-GF|old|Время открытия
OrderComment|STRING|-GF|new|Комментарий к заказу
OrderDeleted|ENUM|-GF|old|Заказ удален
OrderItems|INTEGER|A--|old|Позиций заказа
OrderNum|INTEGER|AGF|old|Номер чека
OrderServiceType|ENUM|-GF|new|Режим обслуживания
OrderTime.AverageOrderTime|AMOUNT|A--|old|Ср. время обслуживания (мин)
OrderTime.AveragePrechequeTime|AMOUNT|A--|old|Ср. время в пречеке (мин)
OrderTime.OrderLength|INTEGER|-GF|old|Время обслуживания (мин)
OrderTime.OrderLengthSum|INTEGER|A--|old|Время обслуживания, сумма (мин)
OrderTime.PrechequeLength|INTEGER|-GF|old|Время в пречеке (мин)
OrderType|STRING|-GF|old|Тип заказа
OrderType.Id|ID_STRING|-GF|new|ID типа заказа
OrderWaiter.Id|ID_STRING|-GF|old|ID официанта заказа
OrderWaiter.Name|STRING|-GF|old|Официант заказа
OriginName|STRING|-GF|old|Источник заказа
PayableAmountInt|AMOUNT|AGF|new|Количество оплаченных блюд
PrechequeTime|DATETIME|-GF|old|Время пречека
PublicExternalData|STRING|-GF|new|Публичные данные плагинов
PublicExternalData.Xml|STRING|-GF|new|Публичные данные плагинов (XML)
RemovalType|STRING|-GF|old|Причина удаления блюда
SessionID|ID|-GF|old|ID кассовой смены
SoldWithItem.Id|ID|-GF|new|ID позиции основного блюда
SourceOrderId|ID|-GF|new|ID исходного заказа
SourceOrderNum|INTEGER|-GF|new|Номер исходного чека
Storned|ENUM|-GF|old|Возврат чека
TableNum|INTEGER|-GF|old|Номер стола
UniqOrderId|INTEGER|A--|old|Чеков
UniqOrderId.Id|ID|-GF|old|ID заказа
UniqOrderId.OrdersCount|AMOUNT|A--|old|Заказов
VatInvoice.DeletedInvoiceNumbers|STRING|-GF|new|Номера удаленных счетов-фактур
VatInvoice.InvoiceNumbers|STRING|-GF|new|Номера счетов-фактур
WaiterTeam.Id|ID_STRING|-GF|new|ID команды официантов
WaiterTeam.Name|STRING|-GF|new|Команда официантов
WriteoffReason|STRING|-GF|old|Причина списания
# Блюда
CookingPlaceType|STRING|-GF|old|Тип места приготовления
DeletedWithWriteoff|ENUM|-GF|old|Блюдо удалено
DishCategory|STRING|-GF|old|Категория блюда
DishCategory.Accounting|STRING|-GF|old|Бухгалтерская категория блюда
DishCategory.Accounting.Id|ID|-GF|new|ID бухгалтерской категории
DishCategory.Id|ID_STRING|-GF|old|ID категории блюда
DishCode|STRING|-GF|old|Код блюда
DishCode.Quick|STRING|-GF|old|Код быстрого поиска блюда
DishForeignName|STRING|-GF|old|Наименование блюда на иностранном языке
DishFullName|STRING|-GF|old|Полное наименование блюда
DishGroup|STRING|-GF|old|Группа блюда
DishGroup.Hierarchy|STRING|-GF|old|Иерархия блюда
DishGroup.Id|ID|-GF|old|ID группы блюда
DishGroup.Num|STRING|-GF|old|Код группы блюда
DishGroup.SecondParent|STRING|-GF|old|Группа блюда 2-го уровня
DishGroup.ThirdParent|STRING|-GF|old|Группа блюда 3-го уровня
DishGroup.TopParent|STRING|-GF|old|Группа блюда 1-го уровня
DishId|ID_STRING|-GF|old|ID блюда
DishMeasureUnit|STRING|-GF|old|Единица измерения
DishName|STRING|-GF|old|Блюдо
DishSize.Id|ID_STRING|-GF|old|ID размера блюда
DishSize.Name|STRING|-GF|old|Размер блюда
DishSize.Priority|INTEGER|-GF|old|Порядковый номер размера блюда
DishSize.Scale.Id|ID|-GF|old|ID шкалы размеров блюда
DishSize.Scale.Name|STRING|-GF|old|Шкала размеров блюда
DishSize.ShortName|STRING|-GF|old|Код размера блюда
DishTag.Id|ID|-GF|new|ID пользовательского свойства
DishTag.Name|STRING|-GF|new|Пользовательское свойство
DishTags.IdsCombo|STRING|-GF|new|ID пользовательских свойств
DishTags.NamesCombo|STRING|-GF|new|Пользовательские свойства
DishTaxCategory.Id|ID|-GF|old|ID налоговой категории
DishTaxCategory.Name|STRING|-GF|old|Налоговая категория
DishType|ENUM|-GF|old|Тип элемента номенклатуры
ItemSaleEventDiscountType|STRING|-GF|old|Название скидки, надбавки
ItemSaleEventDiscountType.ComboAmount|INTEGER|A--|old|Количество комбо-скидок
ItemSaleEventDiscountType.ComboGroupId|ID_STRING|-GF|new|ID шага комбо
ItemSaleEventDiscountType.ComboGroupName|STRING|-GF|new|Шаг комбо
ItemSaleEventDiscountType.ComboId|ID_STRING|-GF|new|ID комбо
ItemSaleEventDiscountType.ComboName|STRING|-GF|new|Название комбо
ItemSaleEventDiscountType.ComboSizeId|ID_STRING|-GF|new|ID размера комбо
ItemSaleEventDiscountType.ComboSizeName|STRING|-GF|new|Размер комбо
ItemSaleEventDiscountType.DiscountAmount|AMOUNT|A--|old|Количество блюд со скидкой
SoldWithDish|STRING|-GF|old|Продано с блюдом
SoldWithDish.Id|ID_STRING|-GF|old|ID основного блюда
# Оплата
CardNumber|STRING|-GF|old|Тип платежной карты
CardType|STRING|-GF|old|Платежная карта
CardTypeName|STRING|-GF|new|Тип карты
CreditUser|STRING|-GF|old|В кредит на...
CreditUser.Company|STRING|-GF|old|Компания-контрагент
Currencies.Currency|STRING|-GF|old|Валюта оплаты
Currencies.CurrencyRate|MONEY|-GF|old|Курс валюты оплаты
Currencies.SumInCurrency|OBJECT|A--|old|Сумма в валюте оплаты
DiscountPercent|PERCENT|AGF|old|Процент скидки
DiscountSum|MONEY|A--|old|Сумма скидки
discountWithoutVAT|MONEY|A--|old|Сумма скидки без НДС, не включенного в стоимость
DishDiscountSumInt|MONEY|A--|old|Сумма со скидкой
DishDiscountSumInt.average|MONEY|A--|old|Средняя сумма чека
DishDiscountSumInt.averageByGuest|MONEY|A--|old|Средняя выручка с гостя
DishDiscountSumInt.averagePrice|MONEY|A--|old|Средняя цена без НДС
DishDiscountSumInt.averagePriceWithVAT|MONEY|A--|old|Средняя цена
DishDiscountSumInt.averageWithoutVAT|MONEY|A--|new|Средняя сумма чека без НДС
DishDiscountSumInt.withoutVAT|MONEY|A--|old|Сумма со скидкой без НДС
DishSumInt|MONEY|A--|old|Сумма без скидки
DishSumInt.averagePriceWithVAT|MONEY|A--|old|Средняя цена без скидки
fullSum|MONEY|A--|old|Сумма без НДС, не включенного в стоимость
IncreasePercent|PERCENT|AGF|old|Процент надбавки
IncreaseSum|MONEY|AGF|old|Сумма надбавки
OperationType|ENUM|-GF|old|Операция
PaymentTransaction.Id|STRING|-GF|new|ID проводки оплаты
PaymentTransaction.Ids|STRING|-GF|new|ID проводок оплаты
PayTypes|STRING|-GF|old|Тип оплаты
PayTypes.Combo|STRING|-GF|old|Тип оплаты (комб.)
PayTypes.Group|ENUM|-GF|old|Группа оплаты
PayTypes.GUID|ID_STRING|-GF|old|Тип оплаты (ID)
PayTypes.IsPrintCheque|ENUM|-GF|old|Фиск. тип оплаты
PayTypes.VoucherNum|INTEGER|A--|old|Количество ваучеров
PercentOfSummary.ByCol|PERCENT|A--|old|% по столбцу
PercentOfSummary.ByRow|PERCENT|A--|old|% по строке
sumAfterDiscountWithoutVAT|MONEY|A--|old|Сумма со скидкой без НДС, не включенного в стоимость
VAT.Percent|PERCENT|AGF|old|НДС (%)
VAT.SplitVat|ENUM|-GF|new|НДС платит гость
VAT.Sum|MONEY|A-F|old|НДС по чекам (Сумма)
# Скидки/надбавки
CouponInfo.Number|STRING|-GF|new|Номер купона
CouponInfo.Series|STRING|-GF|new|Серия купона
OrderDiscount.GuestCard|STRING|-GF|old|Карта гостя
OrderDiscount.Type|STRING|-GF|old|Тип скидки
OrderDiscount.Type.IDs|STRING|-GF|old|Тип скидки (ID)
OrderIncrease.Type|STRING|-GF|old|Тип надбавки
OrderIncrease.Type.IDs|STRING|-GF|old|Тип надбавки (ID)
PriceCategory|STRING|-GF|old|Ценовая категория клиента
PriceCategoryCard|STRING|-GF|old|Номер карты ценовой категории
PriceCategoryDiscountCardOwner|STRING|-GF|old|Владелец карты ценовой категории
PriceCategoryUserCardOwner|STRING|-GF|old|Держатель карты ценовой категории
# Себестоимость
ProductCostBase.MarkUp|PERCENT|A--|old|Наценка (%)
ProductCostBase.OneItem|MONEY|A--|old|Себестоимость единицы
ProductCostBase.Percent|PERCENT|A--|old|Себестоимость (%)
ProductCostBase.PercentWithoutVAT|PERCENT|A--|old|Себестоимость без НДС (%)
ProductCostBase.ProductCost|MONEY|A--|old|Себестоимость
ProductCostBase.Profit|MONEY|A--|old|Наценка
# Организация
CashLocation|STRING|-GF|old|Расположение кассы
CashRegisterName|STRING|-GF|old|Касса
CashRegisterName.CashRegisterSerialNumber|STRING|-GF|old|Серийный номер ФР
CashRegisterName.Number|INTEGER|-GF|old|Номер кассы
Conception|STRING|-GF|old|Концепция
Conception.Code|STRING|-GF|old|Код концепции
CookingPlace|STRING|-GF|old|Место приготовления
CookingPlace.Id|ID_STRING|-GF|new|ID места приготовления
Department|STRING|-GF|old|Торговое предприятие
Department.Code|STRING|-GF|old|Код подразделения
Department.Id|ID_STRING|-GF|old|ID подразделения
JurName|STRING|-GF|old|Юридическое лицо
RestaurantSection|STRING|-GF|old|Отделение
RestaurantSection.Id|ID_STRING|-GF|new|ID отделения
RestorauntGroup|STRING|-GF|old|Группа
RestorauntGroup.Id|ID|-GF|old|ID группы
Store.Id|ID_STRING|-GF|old|ID склада
Store.Name|STRING|-GF|old|Со склада
StoreTo|STRING|-GF|old|На склад
# Сотрудники
AuthUser|STRING|-GF|old|Авторизовал
AuthUser.Id|ID_STRING|-GF|old|ID авторизовавшего
Card|STRING|-GF|old|Карта авторизации
Cashier|STRING|-GF|old|Кассир
Cashier.Code|STRING|-GF|new|Табельный номер кассира
Cashier.Id|ID_STRING|-GF|old|ID кассира
SessionNum|INTEGER|-GF|old|Номер смены
WaiterName|STRING|-GF|old|Официант блюда
WaiterName.ID|ID_STRING|-GF|old|ID официанта блюда
WriteoffUser|STRING|-GF|old|Списано на сотрудника
# Гости
CardOwner|STRING|-GF|old|Владелец карты
Delivery.CustomerCardNumber|STRING|-GF|old|Номер карты клиента
Delivery.CustomerCardType|STRING|-GF|old|Тип карты клиента
Delivery.CustomerComment|STRING|-GF|old|Комментарий к клиенту
Delivery.CustomerCreatedDateTyped|DATE|-GF|old|Дата создания клиента
Delivery.CustomerMarketingSource|STRING|-GF|old|Реклама клиента
Delivery.CustomerPhone|STRING|-GF|old|Телефон клиента
GuestNum|AMOUNT|AGF|old|Количество гостей
GuestNum.Avg|AMOUNT|A--|old|Ср. количество гостей на чек
# Время
CloseTime.Minutes15|STRING|-GF|old|Интервал закрытия 15 мин
DayOfWeekOpen|STRING|-GF|old|День недели
Delivery.ActualTime|DATETIME|-GF|old|Фактическое время доставки
Delivery.BillTime|DATETIME|-GF|old|Время печати накладной
Delivery.CloseTime|DATETIME|-GF|old|Время закрытия доставки
Delivery.ConfirmTime|DATETIME|-GF|new|Время подтверждения доставки
Delivery.CookingFinishTime|DATETIME|-GF|old|Время окончания приготовления
Delivery.CookingToSendDuration|INTEGER|A--|old|Длительность => посл. серв. печать-отправка
Delivery.Delay|INTEGER|-GF|old|Опоздание доставки (мин)
Delivery.DiffBetweenActualDeliveryTimeAndPredictedDeliveryTime|INTEGER|-GF|old|Опоздание, факт от прогноза (мин)
Delivery.ExpectedTime|DATETIME|-GF|old|Плановое время доставки
Delivery.PackedTime|DATETIME|-GF|new|Время упаковки заказа
Delivery.PredictedCookingCompleteTime|DATETIME|-GF|old|Прогноз времени приготовления заказа
Delivery.PredictedDeliveryTime|DATETIME|-GF|old|Прогноз времени доставки
Delivery.PrintTime|DATETIME|-GF|old|Время печати доставки
Delivery.SendTime|DATETIME|-GF|old|Время отправки доставки
Delivery.WayDuration|INTEGER|-GF|old|Время в пути (мин)
DishServicePrintTime|DATETIME|-GF|old|Сервисная печать блюда
DishServicePrintTime.Max|DATETIME|A--|old|Сервисная печать последнего блюда
DishServicePrintTime.OpenToLastPrintDuration|INTEGER|A--|old|Длительность => открытие - посл. серв. печать
HourClose|STRING|-GF|old|Час закрытия
HourOpen|STRING|-GF|old|Час открытия
Mounth|STRING|-GF|old|Месяц
OpenDate.Typed|DATE|-GF|old|Учетный день
OpenTime.Minutes15|STRING|-GF|old|Интервал открытия 15 мин
QuarterOpen|STRING|-GF|old|Квартал
WeekInMonthOpen|STRING|-GF|old|Неделя месяца
WeekInYearOpen|STRING|-GF|old|Неделя года
YearOpen|STRING|-GF|old|Год
# Интервалы времени
Cooking.Cooking1Duration.Avg|DURATION_IN_SECONDS|A--|old|Время приготовления 1 (среднее)
Cooking.Cooking2Duration.Avg|DURATION_IN_SECONDS|A--|old|Время приготовления 2 (среднее)
Cooking.Cooking3Duration.Avg|DURATION_IN_SECONDS|A--|old|Время приготовления 3 (среднее)
Cooking.Cooking4Duration.Avg|DURATION_IN_SECONDS|A--|old|Время приготовления 4 (среднее)
Cooking.CookingDuration.Avg|DURATION_IN_SECONDS|A--|old|Время приготовления (среднее)
Cooking.CookingLateTime.Avg|DURATION_IN_SECONDS|A--|old|Опоздание приготовления (среднее)
Cooking.FeedLateTime.Avg|DURATION_IN_SECONDS|A--|old|Опоздание подачи (среднее)
Cooking.GuestWaitTime.Avg|DURATION_IN_SECONDS|A--|old|Время ожидания гостя (среднее)
Cooking.KitchenTime.Avg|DURATION_IN_SECONDS|A--|old|Время работы кухни (среднее)
Cooking.ServeTime.Avg|DURATION_IN_SECONDS|A--|old|Время подачи (среднее)
Cooking.StartDelayTime.Avg|DURATION_IN_SECONDS|A--|old|Задержка начала приготовления (средняя)
Delivery.DelayAvg|AMOUNT|A--|old|Ср. опоздание доставки (мин)
Delivery.WayDurationAvg|AMOUNT|A--|old|Ср. время в пути (мин)
Delivery.WayDurationSum|INTEGER|A--|old|Общ. время в пути (мин)
# Приготовление
Cooking.PublicExternalData|STRING|-GF|new|Публичные данные плагинов о приготовлении
Cooking.PublicExternalData.Xml|STRING|-GF|new|Публичные данные плагинов о приготовлении (XML)
Cooking.ServeNumber|STRING|-GF|old|Номер курса
# Корпорация
Department.Category1|STRING|-GF|old|Категория 1
Department.Category2|STRING|-GF|old|Категория 2
Department.Category3|STRING|-GF|old|Категория 3
Department.Category4|STRING|-GF|old|Категория 4
Department.Category5|STRING|-GF|old|Категория 5
# Бонусы
Bonus.CardNumber|STRING|-GF|old|Номер бонусной карты
Bonus.Sum|MONEY|A--|old|Сумма бонуса
Bonus.Type|STRING|-GF|old|Тип бонуса
IncentiveSumBase.Sum|MONEY|A--|old|Мотивационный бонус
# Счета
Counteragent.Name|STRING|-GF|old|Контрагент
# Доставка
Delivery.Address|STRING|-GF|old|Адрес
Delivery.AggregatedAvgCourierMark|AMOUNT|A--|old|Средняя оценка курьера, %
Delivery.AggregatedAvgFoodMark|AMOUNT|A--|old|Средняя оценка кухни, %
Delivery.AggregatedAvgMark|AMOUNT|A--|old|Средняя оценка доставки, %
Delivery.AggregatedAvgOperatorMark|AMOUNT|A--|old|Средняя оценка оператора, %
Delivery.AvgCourierMark|AMOUNT|-GF|old|Оценка курьера, %
Delivery.AvgFoodMark|AMOUNT|-GF|old|Оценка кухни, %
Delivery.AvgMark|AMOUNT|-GF|old|Оценка доставки, %
Delivery.AvgOperatorMark|AMOUNT|-GF|old|Оценка оператора, %
Delivery.CancelCause|STRING|-GF|old|Причина отмены доставки
Delivery.CancelComment|STRING|-GF|old|Комментарий к отмене доставки
Delivery.City|STRING|-GF|old|Город
Delivery.Courier|STRING|-GF|old|Курьер
Delivery.Courier.Id|STRING|-GF|old|ID курьера
Delivery.CustomerName|STRING|-GF|old|ФИО клиента
Delivery.CustomerOpinionComment|STRING|-GF|old|Отзыв клиента
Delivery.DeliveryComment|STRING|-GF|old|Комментарий к доставке
Delivery.DeliveryOperator|STRING|-GF|old|Оператор доставки
Delivery.DeliveryOperator.Id|STRING|-GF|old|ID оператора доставки
Delivery.EcsService|STRING|-GF|new|Курьерская служба
Delivery.Email|STRING|-GF|old|Email доставки
Delivery.ExternalCartographyId|STRING|-GF|old|ID адреса
Delivery.Id|ID|-GF|new|ID доставки
Delivery.Index|STRING|-GF|old|Индекс
Delivery.IsAsap|ENUM|-GF|new|Как можно быстрее
Delivery.IsDelivery|ENUM|-GF|old|Доставка
Delivery.Line1|STRING|-GF|new|Куда доставить (улица, дом)
Delivery.Line2|STRING|-GF|new|Уточнение адреса (квартира, этаж…)
Delivery.MarketingSource|STRING|-GF|old|Реклама
Delivery.Number|INTEGER|-GF|old|Номер доставки
Delivery.Phone|STRING|-GF|old|Телефон доставки
Delivery.Region|STRING|-GF|old|Район
Delivery.ServiceType|ENUM|-GF|old|Тип доставки
Delivery.SourceKey|STRING|-GF|old|Источник доставки
Delivery.Street|STRING|-GF|old|Улица
Delivery.Zone|STRING|-GF|new|Зона доставки
# Скидки/надбавки
CouponInfos|STRING|-GF|2026|Купоны
# Оплата
LocalTax1.Sum|MONEY|A--|2026|Местный налог 1 (Сумма)
LocalTax2.Sum|MONEY|A--|2026|Местный налог 2 (Сумма)
LocalTax3.Sum|MONEY|A--|2026|Местный налог 3 (Сумма)
LocalTax4.Sum|MONEY|A--|2026|Местный налог 4 (Сумма)
LocalTax5.Sum|MONEY|A--|2026|Местный налог 5 (Сумма)
"""
