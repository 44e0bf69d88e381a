"""One row of every table of documents: what iiko sends (API reference 3.8, 3.9.2) and what is loaded of it."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from support.lists_by_hand import ACCOUNT, DAY, ENTITY, ROLE, SIZE, SYRUPS, success
from support.other_ledger import DISH, STORE

INVOICE = "0d4f0000-0000-4000-8000-000000000011"
OTHER_INVOICE = "0d4f0000-0000-4000-8000-000000000012"
SUPPLIER = "99110000-0000-4000-8000-000000000001"
TRANSFER = "52aa0000-0000-4000-8000-000000000001"
OTHER_STORE = "b7c00000-0000-4000-8000-000000000002"

BOUGHT = (
    f"<incomingInvoiceDtoes><document><id>{INVOICE}</id><transportInvoiceNumber>ТН-5</transportInvoiceNumber>"
    f"<incomingDocumentNumber>A-77</incomingDocumentNumber><incomingDate>2026-05-02</incomingDate>"
    f"<useDefaultDocumentTime>false</useDefaultDocumentTime><dueDate>2026-05-18T00:00:00</dueDate>"
    f"<supplier>{SUPPLIER}</supplier><defaultStore>{STORE}</defaultStore><invoice/>"
    f"<dateIncoming>{DAY}T09:30:00</dateIncoming><documentNumber>1204</documentNumber><comment> мясо </comment>"
    f"<conception>{ENTITY}</conception><conceptionCode>1</conceptionCode>"
    f"<employeePassToAccount>{ROLE}</employeePassToAccount><linkedOutgoingInvoiceId>{OTHER_INVOICE}"
    "</linkedOutgoingInvoiceId><distributionAlgorithm>DISTRIBUTION_BY_SUM</distributionAlgorithm>"
    "<status>PROCESSED</status><items><item><actualAmount>11.500000000</actualAmount>"
    f"<isAdditionalExpense>false</isAdditionalExpense><store>{OTHER_STORE}</store><code>00417</code>"
    "<price>95.123456789</price><priceWithoutVat>79.270000000</priceWithoutVat><sum>1140.00</sum>"
    "<vatPercent>20</vatPercent><vatSum>190.000000000</vatSum><discountSum>1.500000000</discountSum>"
    f"<actualUnitWeight>1.000000000</actualUnitWeight><amountUnit>{ENTITY}</amountUnit><num>3</num>"
    f"<product>{DISH}</product><productArticle>00417</productArticle><supplierProduct>{SYRUPS}</supplierProduct>"
    "<supplierProductArticle>S-9</supplierProductArticle><producer>Ферма</producer><amount>12.000</amount>"
    f"<containerId>{SIZE}</containerId><priceUnit>кг</priceUnit>"
    "<customsDeclarationNumber>10702070/1</customsDeclarationNumber></item></items></document>"
    "</incomingInvoiceDtoes>"
)
SOLD = (
    f"<outgoingInvoiceDtoes><document><id>{INVOICE}</id><documentNumber>12</documentNumber>"
    f"<dateIncoming>{DAY}T23:00:00+03:00</dateIncoming><useDefaultDocumentTime>true</useDefaultDocumentTime>"
    f"<status>PROCESSED</status><accountToId>{ACCOUNT}</accountToId><accountToCode>5.01</accountToCode>"
    f"<revenueAccountId>{ROLE}</revenueAccountId><revenueAccountCode>4.01</revenueAccountCode>"
    f"<defaultStoreId>{STORE}</defaultStoreId><defaultStoreCode>16</defaultStoreCode>"
    f"<counteragentId>{SUPPLIER}</counteragentId><counteragentCode>703</counteragentCode>"
    f"<conceptionId>{ENTITY}</conceptionId><conceptionCode>1</conceptionCode><comment/>"
    f"<linkedIncomingInvoiceId>{OTHER_INVOICE}</linkedIncomingInvoiceId>"
    f"<linkedOutgoingInvoiceId>{TRANSFER}</linkedOutgoingInvoiceId><items><item><productId>{DISH}</productId>"
    f"<productArticle>00501</productArticle><storeId>{OTHER_STORE}</storeId><storeCode>17</storeCode>"
    f"<containerId>{SIZE}</containerId><containerCode>3</containerCode><price>1000.000000000</price>"
    "<priceWithoutVat>833.333333333</priceWithoutVat><amount>2.000000000</amount><sum>2000.000000000</sum>"
    "<discountSum>0.000000000</discountSum><vatPercent>20.000000000</vatPercent><vatSum>333.333333333</vatSum>"
    "</item></items></document></outgoingInvoiceDtoes>"
)
MOVED = success(
    {
        "id": TRANSFER,
        "dateIncoming": f"{DAY}T10:15:00.120",
        "documentNumber": "0055",
        "status": "PROCESSED",
        "conceptionId": ENTITY,
        "comment": "в бар",
        "storeFromId": STORE,
        "storeToId": OTHER_STORE,
        "items": [
            {
                "num": 1,
                "productId": DISH,
                "productSizeId": SIZE,
                "amountFactor": 1.5,
                "amount": 5,
                "measureUnitId": ENTITY,
                "containerId": ROLE,
                "cost": 410.25,
            }
        ],
    }
)
COUNTED = (
    "<storeReportItemDtoes><storeReportItemDto><ndsPercent>20.000000000</ndsPercent><productCategory/>"
    f"<productGroup/><product/><secondaryAccount>{ACCOUNT}</secondaryAccount><primaryStore>{STORE}</primaryStore>"
    "<documentNum>2115</documentNum><expenseAccount>5.13</expenseAccount><revenueAccount>4.08</revenueAccount>"
    f"<documentComment>Месяц</documentComment><documentId>{INVOICE}</documentId>"
    "<documentType>INCOMING_INVENTORY</documentType><incoming>false</incoming><type>INVENTORY_CORRECTION</type>"
    "<date>04.05.2026</date><operationalDate>04.05.2026</operationalDate><cost>5.5</cost>"
    "<secondEstimatedPurchasePrice>2.000000000</secondEstimatedPurchasePrice>"
    "<firstEstimatedPurchasePrice>1.000000000</firstEstimatedPurchasePrice><documentSum>-9905.579000000</documentSum>"
    "<secondaryAmount>3</secondaryAmount><amount>-4.250000000</amount><sumWithoutNds>-8254.649166667</sumWithoutNds>"
    "<sumNds>-1650.929833333</sumNds><sum>-9905.579000000</sum></storeReportItemDto></storeReportItemDtoes>"
)

DOCUMENTS: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "incoming_invoices": (
        BOUGHT,
        {
            "id": INVOICE,
            "business_date": DAY,
            "date_incoming": f"{DAY}T09:30:00.000000",
            "document_number": "1204",
            "incoming_document_number": "A-77",
            "incoming_date": "2026-05-02T00:00:00.000000",
            "transport_invoice_number": "ТН-5",
            "invoice": "",
            "due_date": "2026-05-18T00:00:00.000000",
            "supplier_id": SUPPLIER,
            "default_store_id": STORE,
            "use_default_document_time": False,
            "status": "PROCESSED",
            "comment": "мясо",
            "conception_id": ENTITY,
            "conception_code": "1",
            "employee_pass_to_account_id": ROLE,
            "linked_outgoing_invoice_id": OTHER_INVOICE,
            "distribution_algorithm": "DISTRIBUTION_BY_SUM",
        },
    ),
    "incoming_invoice_items": (
        BOUGHT,
        {
            "document_id": INVOICE,
            "business_date": DAY,
            "num": 3,
            "num_occurrence": 0,
            "product_id": DISH,
            "product_article": "00417",
            "supplier_product_id": SYRUPS,
            "supplier_product_article": "S-9",
            "code": "00417",
            "producer": "Ферма",
            "amount": 12,
            "actual_amount": Decimal("11.5"),
            "actual_unit_weight": 1,
            "amount_unit_id": ENTITY,
            "container_id": SIZE,
            "price_unit": "кг",
            "price": Decimal("95.123456789"),
            "price_without_vat": Decimal("79.27"),
            "sum": 1140,
            "discount_sum": Decimal("1.5"),
            "vat_percent": 20,
            "vat_sum": 190,
            "store_id": OTHER_STORE,
            "customs_declaration_number": "10702070/1",
            "is_additional_expense": False,
        },
    ),
    "outgoing_invoices": (
        SOLD,
        {
            "id": INVOICE,
            "business_date": DAY,
            "date_incoming": f"{DAY}T23:00:00.000000",
            "document_number": "12",
            "use_default_document_time": True,
            "status": "PROCESSED",
            "comment": "",
            "counteragent_id": SUPPLIER,
            "counteragent_code": "703",
            "account_to_id": ACCOUNT,
            "account_to_code": "5.01",
            "revenue_account_id": ROLE,
            "revenue_account_code": "4.01",
            "default_store_id": STORE,
            "default_store_code": "16",
            "conception_id": ENTITY,
            "conception_code": "1",
            "linked_incoming_invoice_id": OTHER_INVOICE,
            "linked_outgoing_invoice_id": TRANSFER,
        },
    ),
    "outgoing_invoice_items": (
        SOLD,
        {
            "document_id": INVOICE,
            "business_date": DAY,
            "position": 0,
            "product_id": DISH,
            "product_article": "00501",
            "store_id": OTHER_STORE,
            "store_code": "17",
            "container_id": SIZE,
            "container_code": "3",
            "price": 1000,
            "price_without_vat": Decimal("833.333333333"),
            "amount": 2,
            "sum": 2000,
            "discount_sum": 0,
            "vat_percent": 20,
            "vat_sum": Decimal("333.333333333"),
        },
    ),
    "internal_transfers": (
        MOVED,
        {
            "id": TRANSFER,
            "business_date": DAY,
            "date_incoming": f"{DAY}T10:15:00.120000",
            "document_number": "0055",
            "status": "PROCESSED",
            "conception_id": ENTITY,
            "comment": "в бар",
            "store_from_id": STORE,
            "store_to_id": OTHER_STORE,
        },
    ),
    "internal_transfer_items": (
        MOVED,
        {
            "document_id": TRANSFER,
            "business_date": DAY,
            "num": 1,
            "num_occurrence": 0,
            "product_id": DISH,
            "product_size_id": SIZE,
            "amount_factor": Decimal("1.5"),
            "amount": 5,
            "measure_unit_id": ENTITY,
            "container_id": ROLE,
            "cost": Decimal("410.25"),
        },
    ),
    "store_documents": (
        COUNTED,
        {
            "business_date": DAY,
            "document_id": INVOICE,
            "document_num": "2115",
            "document_type": "INCOMING_INVENTORY",
            "document_comment": "Месяц",
            "document_sum": Decimal("-9905.579"),
            "type": "INVENTORY_CORRECTION",
            "incoming": False,
            "occurrence": 0,
            "operational_date": DAY,
            "primary_store_id": STORE,
            "secondary_account_id": ACCOUNT,
            "expense_account": "5.13",
            "revenue_account": "4.08",
            "product_category": "",
            "product_group": "",
            "amount": Decimal("-4.25"),
            "secondary_amount": 3,
            "cost": Decimal("5.5"),
            "first_estimated_purchase_price": 1,
            "second_estimated_purchase_price": 2,
            "sum": Decimal("-9905.579"),
            "sum_without_nds": Decimal("-8254.649166667"),
            "sum_nds": Decimal("-1650.929833333"),
            "nds_percent": 20,
        },
    ),
}
