-- Rows and revenue of every day are those that sync_log says were written: fails when a row was deleted or changed by hand.
-- Added up by load first, over the tables themselves: this reads all of them each night, ten times as fast as the views.
with written as (
    {%- for stream in ['receipts', 'receipt_items', 'receipt_payments', 'sales'] %}
    select
        '{{ stream }}' as stream,
        server_id,
        business_date,
        synced_at,
        count(*) as rows,
        sum(dish_discount_sum) as dish_discount_sum
    from {{ source('iiko', stream) }}
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
    from {{ ref('stg_loads') }} as loads
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
