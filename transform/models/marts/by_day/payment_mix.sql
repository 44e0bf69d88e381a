-- iikoOffice's report by payment type: each order's lines, split as its payments split the order (why-numbers-differ, 10).
with days as ({{ days_to_build() }}),

orders as ({{ orders_to_build() }}),

payments as (
    select
        server_id,
        receipt_id,
        pay_type_id,
        max(pay_type) as pay_type,
        max(pay_types_group) as pay_type_group,
        sum(dish_sum) as dish_sum,
        sum(dish_return_sum) as dish_return_sum,
        bool_and(coalesce(operation_type, 'NO_PAYMENT') = 'NO_PAYMENT') as is_unpaid
    from ({{ rows_to_build(ref('stg_payments')) }}) as payments
    group by server_id, receipt_id, pay_type_id
),

-- Deleted lines may stand under "(no payment)" beside the real payments: that row takes no part then.
taking_part as (
    select *
    from (
        select *, bool_and(is_unpaid) over (partition by server_id, receipt_id) as nothing_paid
        from payments
    ) as payments
    where not is_unpaid or nothing_paid
),

-- A voided receipt has no sum left to share, only what was paid back.
weighed as (
    select
        *,
        case
            when abs(sum(dish_sum) over (partition by server_id, receipt_id)) >= 0.01 then dish_sum
            else dish_return_sum
        end as weight
    from taking_part
),

shares as (
    select
        *,
        coalesce(
            weight / nullif(sum(weight) over (partition by server_id, receipt_id), 0),
            1.0 / count(*) over (partition by server_id, receipt_id)
        ) as share
    from weighed
)

select
    orders.server_id,
    orders.business_date,
    orders.department_id,
    shares.pay_type_id,
    max(shares.pay_type) as pay_type,
    max(shares.pay_type_group) as pay_type_group,
    round(sum(orders.revenue * coalesce(shares.share, 1)), 9) as revenue,
    round(sum(orders.gross_sales * coalesce(shares.share, 1)), 9) as gross_sales,
    coalesce(sum(orders.receipts), 0) as receipts,
    orders.version
from orders
left join shares
    on shares.server_id = orders.server_id and shares.receipt_id = orders.receipt_id
group by orders.server_id, orders.business_date, orders.department_id, shares.pay_type_id, orders.version
