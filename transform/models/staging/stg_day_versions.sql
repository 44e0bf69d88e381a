-- Each day of a server as it was last loaded: when its version changes, the marts build the day again.
select
    server_id,
    business_date,
    max(synced_at) as version,
    bool_and(is_final) as is_closed,
    bool_or(rows > 0) as has_rows,
    count(*) as tables
from {{ ref('stg_loads') }}
group by server_id, business_date
