-- Rows and revenue of every day are those that sync_log says were written: fails when a row was deleted or changed by hand.
-- To read all rows each night would cost as much as a twelfth of building all marts. So the rows of all days are counted,
-- which the indexes of make views answer; and those of a day are read where their number is another one (some may be gone
-- in iiko), if it was loaded since yesterday, and on its weekday. A build of everything (--full-refresh) reads all.
{%- set streams = ['receipts', 'receipt_items', 'receipt_payments', 'sales'] %}
with counted as (
    {%- for stream in streams %}
    select '{{ stream }}' as stream, server_id, business_date, count(*) as rows
    from {{ source('iiko', stream) }}
    group by business_date, server_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

doubtful as materialized (
    select loads.*
    from {{ ref('stg_loads') }} as loads
    left join counted using (stream, server_id, business_date)
    {%- if not flags.FULL_REFRESH %}
    where
        loads.rows <> coalesce(counted.rows, 0)
        or loads.synced_at > now() at time zone 'UTC' - interval '1 day'
        or extract(dow from loads.business_date) = extract(dow from now() at time zone 'UTC')
    {%- endif %}
),

written as (
    {%- for stream in streams %}
    select
        '{{ stream }}' as stream,
        server_id,
        business_date,
        synced_at,
        count(*) as rows,
        sum(dish_discount_sum) as dish_discount_sum
    from {{ source('iiko', stream) }}
    where business_date = any (array(select business_date from doubtful where stream = '{{ stream }}'))
    group by server_id, business_date, synced_at
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

there as (
    select
        loads.server_id,
        loads.stream,
        loads.business_date,
        loads.rows as rows_loaded,
        coalesce(sum(written.rows), 0) as rows_there,
        loads.dish_discount_sum as revenue_loaded,
        coalesce(sum(written.dish_discount_sum), 0) as revenue_there
    from doubtful as loads
    left join written
        on written.stream = loads.stream
        and written.server_id = loads.server_id
        and written.business_date = loads.business_date
        and written.synced_at >= loads.synced_at  -- what is older is gone in iiko
    group by loads.server_id, loads.stream, loads.business_date, loads.rows, loads.dish_discount_sum
)

select *
from there
where rows_loaded <> rows_there or abs(revenue_loaded - revenue_there) > 0.01
