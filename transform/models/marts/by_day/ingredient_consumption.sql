{%- set movements = if_loaded('stock_movements', {
    'server_id': 'text', 'business_date': 'date', 'transaction_type': 'text', 'account_id': 'uuid', 'product_id': 'uuid',
    'amount_in': 'numeric', 'amount_out': 'numeric', 'sum_incoming': 'numeric', 'sum_outgoing': 'numeric',
}) -%}
{%- set stores = if_loaded('stores', {'server_id': 'text', 'id': 'uuid', 'parent_id': 'uuid'}) -%}
-- What came into a store and went out of it, by product and reason.
with days as ({{ days_to_build() }}),

-- A server writes what went out as a quantity above zero, or always below; a voided posting has the other sign.
servers as (
    select
        server_id,
        case when sum(amount_out) < 0 then -1 else 1 end as sign
    from {{ movements }} as ever
    group by server_id
),

moved as (
    select
        moved.server_id,
        moved.business_date,
        moved.account_id as store_id,
        moved.product_id,
        moved.version,
        case
            when moved.transaction_type in ('SESSION_WRITEOFF', 'SALES_RETURN_WRITEOFF') then 'sales'
            when moved.transaction_type = 'WRITEOFF' then 'write_off'
            when moved.transaction_type in ('PRODUCTION', 'TRANSFORMATION', 'DISASSEMBLE') then 'production'
            when moved.transaction_type = 'TRANSFER' then 'transfer'
            when moved.transaction_type = 'INVENTORY_CORRECTION' then 'inventory'
            when moved.transaction_type = 'INVOICE' then 'purchase'
            when moved.transaction_type like 'RETURNED_INVOICE%' then 'supplier_return'
            when moved.transaction_type = 'OUTGOING_INVOICE' then 'shipment'
            when moved.transaction_type = 'STORE_COST_CORRECTION' then 'cost_correction'
            else 'other'
        end as movement,
        coalesce(moved.amount_in, 0) as amount_in,
        coalesce(servers.sign * moved.amount_out, 0) as amount_out,
        coalesce(moved.sum_incoming, 0) as cost_in,
        coalesce(moved.sum_outgoing, 0) as cost_out
    from ({{ rows_to_build(movements) }}) as moved
    join servers using (server_id)
)

select
    moved.server_id,
    moved.business_date,
    stores.parent_id as department_id,
    moved.store_id,
    moved.product_id,
    moved.movement,
    sum(moved.amount_in) as amount_in,
    sum(moved.amount_out) as amount_out,
    sum(moved.cost_in) as cost_in,
    sum(moved.cost_out) as cost_out,
    sum(moved.amount_out - moved.amount_in) as used_amount,
    sum(moved.cost_out - moved.cost_in) as used_cost,
    moved.version
from moved
left join {{ stores }} as stores
    on stores.server_id = moved.server_id and stores.id = moved.store_id
group by
    moved.server_id,
    moved.business_date,
    stores.parent_id,
    moved.store_id,
    moved.product_id,
    moved.movement,
    moved.version
