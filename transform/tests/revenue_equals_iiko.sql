-- Of every day that the tap has proved, revenue and what is not counted make iiko's own total.
select
    proof.server_id,
    proof.business_date,
    proof.department_id,
    proof.probe,
    daily.revenue + daily.revenue_not_counted as ours
from {{ source('iiko', 'current_reconciliation') }} as proof
join {{ ref('stg_day_versions') }} as day  -- the proof of what is in the mart
    on day.server_id = proof.server_id
    and day.business_date = proof.business_date
    and day.version = proof.synced_at
left join {{ ref('sales_daily') }} as daily
    on daily.server_id = proof.server_id
    and daily.business_date = proof.business_date
    and daily.department_id is not distinct from proof.department_id
where
    proof.metric = 'dish_discount_sum'
    and proof.proved
    and abs(coalesce(daily.revenue + daily.revenue_not_counted, 0) - coalesce(proof.probe, 0)) > 0.01
