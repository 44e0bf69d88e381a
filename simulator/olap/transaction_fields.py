"""The TRANSACTIONS and STOCK fields of iikoServer (API reference appendices B and C): name, type, flags, caption."""

TRANSACTIONS = """
Account.AccountHierarchyFull|STRING|-GF|old|Account hierarchy
Account.AccountHierarchySecond|STRING|-GF|old|Level 2 account
Account.AccountHierarchyThird|STRING|-GF|old|Level 3 account
Account.AccountHierarchyTop|STRING|-GF|old|Level 1 account
Account.Code|STRING|-GF|old|Account code
Account.CounteragentType|ENUM|-GF|old|Contractor type
Account.Group|ENUM|-GF|old|Account group
Account.Id|ID_STRING|-GF|old|Account ID
Account.IsCashFlowAccount|ENUM|-GF|old|Participates in cash flow
Account.Name|STRING|-GF|old|Account
Account.StoreOrAccount|ENUM|-GF|old|Storage/account
Account.Type|ENUM|-GF|old|Account type
Amount|AMOUNT|A--|old|Quantity
Amount.In|AMOUNT|A--|old|Receipt (qty)
Amount.Out|AMOUNT|A--|old|Consumption (qty)
Amount.StoreInOutTyped|AMOUNT|A--|old|Turnover of stock list items
CashFlowCategory|STRING|-GF|old|CF item
CashFlowCategory.Hierarchy|STRING|-GF|old|CF items hierarchy
CashFlowCategory.HierarchyLevel1|STRING|-GF|old|Level 1 CF item
CashFlowCategory.HierarchyLevel2|STRING|-GF|old|Level 2 CF item
CashFlowCategory.HierarchyLevel3|STRING|-GF|old|Level 3 CF item
CashFlowCategory.Type|ENUM|-GF|old|CF item type
Comment|STRING|-GF|old|Comment
Conception|STRING|-GF|old|Concept
Conception.Code|STRING|-GF|old|Concept code
Contr-Account.Code|STRING|-GF|old|Corr. Account Code
Contr-Account.Group|ENUM|-GF|old|Corr. Account group
Contr-Account.Name|STRING|-GF|old|Corr. Account/Storage
Contr-Account.Type|ENUM|-GF|old|Corr. Account type
Contr-Amount|AMOUNT|A--|old|Corr. Quantity
Contr-Product.AccountingCategory|STRING|-GF|old|Corr. Accounting Category
Contr-Product.AlcoholClass|STRING|-GF|old|Alcohol product class
Contr-Product.AlcoholClass.Code|STRING|-GF|old|Code of alcohol product class
Contr-Product.AlcoholClass.Group|STRING|-GF|old|Alcohol product group
Contr-Product.AlcoholClass.Type|ENUM|-GF|old|Type of alcohol products
Contr-Product.Category|STRING|-GF|old|Corr. Stock List Category
Contr-Product.Category.Id|ID_STRING|-GF|old|Corr. of item list category ID
Contr-Product.CookingPlaceType|STRING|-GF|old|Corr. Type of Production Place
Contr-Product.Hierarchy|STRING|-GF|old|Corr. Stock List Hierarchy
Contr-Product.Id|ID_STRING|-GF|old|Corr. item list ID
Contr-Product.MeasureUnit|STRING|-GF|old|Corr. Measurement Unit
Contr-Product.Name|STRING|-GF|old|Corr. Stock list item
Contr-Product.Num|STRING|-GF|old|Corr. SKU of item
Contr-Product.SecondParent|STRING|-GF|old|Corr. Level 2 Stock List Group
Contr-Product.ThirdParent|STRING|-GF|old|Corr. Level 3 Stock List Group
Contr-Product.TopParent|STRING|-GF|old|Corr. Level 1 Stock List Group
Contr-Product.Type|ENUM|-GF|old|Corr. Type of stock list item
Counteragent.Id|ID_STRING|-GF|old|Contractor ID
Counteragent.Name|STRING|-GF|old|Contractor
DateSecondary.DateTimeTyped|DATETIME|-GF|old|Transaction date and time
DateSecondary.DateTyped|DATE|-GF|old|Transaction date
DateTime.DateTyped|DATE|-GF|old|Accounting day
DateTime.DayOfWeak|STRING|-GF|old|Day of week
DateTime.Hour|STRING|-GF|old|Hour
DateTime.Month|STRING|-GF|old|Month
DateTime.Quarter|STRING|-GF|old|Quarter
DateTime.Typed|DATETIME|-GF|old|Date and time
DateTime.WeekInMonth|STRING|-GF|old|Week of month
DateTime.WeekInYear|STRING|-GF|old|Week of year
DateTime.Year|STRING|-GF|old|Year
Department|STRING|-GF|old|Outlet
Department.Category1|STRING|-GF|old|Category 1
Department.Category2|STRING|-GF|old|Category 2
Department.Category3|STRING|-GF|old|Category 3
Department.Category4|STRING|-GF|old|Category 4
Department.Category5|STRING|-GF|old|Category 5
Department.Code|STRING|-GF|old|Subdivision code
Department.JurPerson|STRING|-GF|old|Legal entity
Document|STRING|-GF|old|Document No.
FinalBalance.Amount|AMOUNT|A--|old|Closing stock balance
FinalBalance.Money|MONEY|A--|old|Closing cash balance
OrderId|ID|-GF|old|Order ID
OrderNum|STRING|-GF|old|Order number
PercentOfSummary.ByCol|PERCENT|A--|old|% by column
PercentOfSummary.ByRow|PERCENT|A--|old|% by row
Product.AccountingCategory|STRING|-GF|old|Accounting category
Product.AlcoholClass|STRING|-GF|old|Alcohol product class
Product.AlcoholClass.Code|STRING|-GF|old|Code of alcohol product class
Product.AlcoholClass.Group|STRING|-GF|old|Alcohol product group
Product.AlcoholClass.Type|ENUM|-GF|old|Type of alcohol products
Product.AvgSum|MONEY|A--|old|Average price
Product.Category|STRING|-GF|old|Stock list category
Product.Category.Id|ID_STRING|-GF|old|Item list category ID
Product.CookingPlaceType|STRING|-GF|old|Type of production place
Product.Hierarchy|STRING|-GF|old|Stock list hierarchy
Product.Id|ID_STRING|-GF|old|Item list element ID
Product.MeasureUnit|STRING|-GF|old|Measurement unit
Product.Name|STRING|-GF|old|Stock list item
Product.Num|STRING|-GF|old|SKU
Product.SecondParent|STRING|-GF|old|Level 2 stock list group
Product.ThirdParent|STRING|-GF|old|Level 3 stock list group
Product.TopParent|STRING|-GF|old|Level 1 stock list group
Product.Type|ENUM|-GF|old|Stock list type
Session.CashRegister|STRING|-GF|old|Cash register
Session.Group|STRING|-GF|old|Group
Session.GroupId|ID|-GF|old|Group ID
Session.RestaurantSection|STRING|-GF|old|Section
StartBalance.Amount|AMOUNT|A--|old|Opening stock balance
StartBalance.Money|MONEY|A--|old|Opening cash balance
Store|STRING|-GF|old|Storage
Sum.Incoming|MONEY|A--|old|Receipt amount
Sum.Outgoing|MONEY|A--|old|Expenditure amount
Sum.PartOfIncome|PERCENT|A--|old|% of revenue
Sum.PartOfSummaryByCol|PERCENT|A--|old|% of total by column
Sum.PartOfSummaryByRow|PERCENT|A--|old|% of total by row
Sum.PartOfTotalIncome|PERCENT|A--|old|% total revenue
Sum.ResignedSum|MONEY|A--|old|Amount
TransactionSide|ENUM|-GF|old|Debit/Credit
TransactionType|ENUM|-GF|old|Transaction type
TransactionType.Code|OBJECT|-GF|old|Transaction code
Product.Tag.Id|ID|-GF|2026|Tag ID
Product.Tag.Name|STRING|-GF|2026|Product.Tag.Name
Product.Tags.IdsCombo|STRING|-GF|2026|Product.Tags.IdsCombo
Product.Tags.NamesCombo|STRING|-GF|2026|Product.Tags.NamesCombo
Contr-Product.Tags.IdsCombo|STRING|-GF|2026|Contr-Product.Tags.IdsCombo
Contr-Product.Tags.NamesCombo|STRING|-GF|2026|Contr-Product.Tags.NamesCombo
"""

STOCK = """
AccountTo|STRING|-GF|old|Account
Amount|AMOUNT|AGF|old|Amount
Department|STRING|-GF|old|Outlet
Department.Code|STRING|-GF|old|Department code
Department.Id|ID_STRING|-GF|old|Department ID
Event.Type|ENUM|-GF|old|Event type
EventCookingDate|DATETIME|-GF|old|Cooked at
EventDate|DATE|-GF|old|Date
ProductAccountingCategory|STRING|-GF|old|Accounting category
ProductCategory|STRING|-GF|old|Item category
ProductCostBase.OneItem|MONEY|A--|old|Unit cost
ProductCostBase.ProductCost|MONEY|A--|old|Cost
ProductExpirationDuration|DURATION_IN_SECONDS|A--|old|Overdue at the time of sale
ProductId|ID_STRING|-GF|old|Product ID
ProductMeasureUnit|STRING|-GF|old|Unit
ProductName|STRING|-GF|old|Product
ProductNum|STRING|-GF|old|Article
StoreFrom|STRING|-GF|old|Store
User|STRING|-GF|old|Employee
User.Id|ID_STRING|-GF|old|Employee ID
"""
