-- Revenue by hour, by payment type and by waiter is that of the day.
{%- set parts = ['sales_hourly', 'payment_mix', 'waiters'] %}
select mart, server_id, business_date, department_id, sum(revenue) as difference
from (
    {%- for part in parts %}
    select '{{ part }}' as mart, server_id, business_date, department_id, revenue from {{ ref(part) }}
    union all
    select '{{ part }}', server_id, business_date, department_id, -revenue from {{ ref('sales_daily') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
) as figures
group by mart, server_id, business_date, department_id
having abs(sum(revenue)) > 0.01
