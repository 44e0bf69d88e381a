-- The last good load of each day of the four tables of sales. One that found nothing new (unchanged) wrote nothing.
select distinct on (stream, server_id, business_date)
    server_id,
    stream,
    business_date,
    synced_at,
    is_final,
    rows,
    dish_discount_sum
from {{ source('iiko', 'sync_log') }}
where
    stream in ('receipts', 'receipt_items', 'receipt_payments', 'sales')
    and status in ('loaded', 'empty')
    and business_date is not null
order by stream, server_id, business_date, synced_at desc
