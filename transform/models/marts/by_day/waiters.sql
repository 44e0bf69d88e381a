with days as ({{ days_to_build() }}),

lines as ({{ rows_to_build(ref('stg_lines')) }})

select
    server_id,
    business_date,
    department_id,
    waiter_id,
    max(waiter_name) as waiter,
    coalesce(sum(dish_discount_sum) filter (where counts), 0) as revenue,
    count(distinct receipt_id) filter (where counts) as receipts_touched,
    coalesce(sum(dish_amount) filter (where counts), 0) as items,
    coalesce(sum(discount_sum) filter (where counts), 0) as discounts,
    coalesce(sum(dish_sum) filter (where not counts and not is_refund), 0) as deletions,
    version
from lines
group by server_id, business_date, department_id, waiter_id, version
