{%- set invoices = if_loaded('incoming_invoices', {
    'server_id': 'text', 'id': 'uuid', 'business_date': 'date', 'status': 'text', 'supplier_id': 'uuid',
    'default_store_id': 'uuid',
}) -%}
{%- set items = if_loaded('incoming_invoice_items', {
    'server_id': 'text', 'document_id': 'uuid', 'store_id': 'uuid', 'is_additional_expense': 'boolean',
    'sum': 'numeric', 'discount_sum': 'numeric', 'vat_sum': 'numeric',
}) -%}
{%- set stores = if_loaded('stores', {'server_id': 'text', 'id': 'uuid', 'parent_id': 'uuid'}) -%}
{%- set suppliers = if_loaded('suppliers', {'server_id': 'text', 'id': 'uuid', 'name': 'text'}) -%}
-- What was bought, of invoices that are posted: a draft has moved nothing yet, a deleted one nothing any more.
with lines as (
    select
        invoices.server_id,
        invoices.business_date,
        stores.parent_id as department_id,
        invoices.supplier_id,
        invoices.id as invoice_id,
        items.is_additional_expense is true as is_expense,
        items.sum,
        items.discount_sum,
        items.vat_sum
    from {{ invoices }} as invoices
    join {{ items }} as items
        on items.server_id = invoices.server_id and items.document_id = invoices.id
    left join {{ stores }} as stores
        on stores.server_id = invoices.server_id and stores.id = coalesce(items.store_id, invoices.default_store_id)
    where invoices.status = 'PROCESSED'
)

select
    lines.server_id,
    lines.business_date,
    lines.department_id,
    lines.supplier_id,
    suppliers.name as supplier,
    count(distinct lines.invoice_id) as invoices,
    coalesce(sum(lines.sum) filter (where not lines.is_expense), 0) as goods,
    coalesce(sum(lines.sum) filter (where lines.is_expense), 0) as expenses,
    coalesce(sum(lines.discount_sum), 0) as discounts,
    coalesce(sum(lines.vat_sum), 0) as vat
from lines
left join {{ suppliers }} as suppliers
    on suppliers.server_id = lines.server_id and suppliers.id = lines.supplier_id
group by lines.server_id, lines.business_date, lines.department_id, lines.supplier_id, suppliers.name
