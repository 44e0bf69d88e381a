with days as ({{ days_to_build() }}),

lines as ({{ rows_to_build(ref('stg_lines')) }}),

receipts as ({{ rows_to_build(ref('stg_receipts')) }}),

money as (
    select
        server_id,
        business_date,
        department_id,
        version,
        coalesce(sum(dish_discount_sum) filter (where counts), 0) as revenue,
        coalesce(sum(dish_discount_sum) filter (where not counts), 0) as revenue_not_counted,
        sum(net_revenue) as net_revenue,
        coalesce(sum(dish_sum) filter (where counts), 0) as gross_sales,
        coalesce(sum(discount_sum) filter (where counts), 0) as discounts,
        coalesce(sum(increase_sum) filter (where counts), 0) as surcharges,
        coalesce(sum(vat_sum) filter (where counts), 0) as vat,
        coalesce(sum(abs(dish_return_sum)) filter (where is_refund), 0) as refunds,
        coalesce(sum(dish_sum) filter (where not counts and not is_refund), 0) as deletions,
        coalesce(
            sum(dish_sum) filter (
                where not counts and not is_refund and deleted_with_writeoff = 'DELETED_WITH_WRITEOFF'
            ), 0
        ) as deletions_written_off,
        coalesce(sum(product_cost) filter (where counts), 0) as cost,
        coalesce(sum(dish_discount_sum) filter (where counts and product_cost <> 0), 0) as revenue_with_cost
    from lines
    group by server_id, business_date, department_id, version
),

-- An order of which every line was deleted is not in iikoOffice's report, and so neither is a later refund.
orders as (
    select
        server_id,
        business_date,
        department_id,
        sum(orders_count) as orders,
        sum(receipts_count) as receipts,
        sum(guest_num) filter (where storned is not true) as guests
    from receipts
    where
        order_deleted = 'NOT_DELETED'
        and (server_id, receipt_id) in (select server_id, receipt_id from lines where counts)
    group by server_id, business_date, department_id
)

select
    money.server_id,
    money.business_date,
    money.department_id,
    money.revenue,
    money.revenue_not_counted,
    money.net_revenue,
    money.gross_sales,
    money.discounts,
    money.surcharges,
    money.vat,
    money.refunds,
    money.deletions,
    money.deletions_written_off,
    money.cost,
    money.revenue_with_cost,
    money.revenue - money.cost as margin,
    coalesce(orders.orders, 0) as orders,
    coalesce(orders.receipts, 0) as receipts,
    coalesce(orders.guests, 0) as guests,
    money.revenue / nullif(orders.orders, 0) as average_check,
    money.version
from money
left join orders
    on orders.server_id = money.server_id
    and orders.business_date = money.business_date
    and orders.department_id is not distinct from money.department_id
