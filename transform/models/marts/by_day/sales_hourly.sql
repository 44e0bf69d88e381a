with days as ({{ days_to_build() }}),

lines as ({{ rows_to_build(ref('stg_lines')) }}),

receipts as ({{ rows_to_build(ref('stg_receipts')) }}),

by_order as (
    select
        server_id,
        business_date,
        department_id,
        version,
        receipt_id,
        bool_or(counts) as in_report,
        coalesce(sum(dish_discount_sum) filter (where counts), 0) as revenue
    from lines
    group by server_id, business_date, department_id, version, receipt_id
)

select
    by_order.server_id,
    by_order.business_date,
    by_order.department_id,
    extract(hour from receipts.close_time)::integer as closing_hour,
    sum(by_order.revenue) as revenue,
    coalesce(sum(receipts.orders_count) filter (where by_order.in_report), 0) as orders,
    by_order.version
from by_order
left join receipts
    on receipts.server_id = by_order.server_id and receipts.receipt_id = by_order.receipt_id
group by
    by_order.server_id, by_order.business_date, by_order.department_id, closing_hour, by_order.version
