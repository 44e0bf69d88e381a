with days as ({{ days_to_build() }}),

orders as ({{ orders_to_build() }})

select
    server_id,
    business_date,
    department_id,
    extract(hour from close_time)::integer as closing_hour,
    sum(revenue) as revenue,
    coalesce(sum(orders), 0) as orders,
    version
from orders
group by server_id, business_date, department_id, closing_hour, version
