-- Each day of a server as its stock movements were last loaded: they have days and late changes of their own.
select distinct on (server_id, business_date)
    server_id,
    business_date,
    synced_at as version,
    rows > 0 as has_rows
from {{ source('iiko', 'sync_log') }}
where
    stream = 'stock_movements'
    and status in ('loaded', 'empty')
    and business_date is not null
order by server_id, business_date, synced_at desc
