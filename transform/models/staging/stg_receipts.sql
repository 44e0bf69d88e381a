-- Orders: what is counted once for an order and not for its lines.
select
    server_id,
    business_date,
    department_id,
    id as receipt_id,
    close_time,
    order_deleted,
    storned,
    receipts_count,
    orders_count,
    guest_num
from {{ source('iiko', 'current_receipts') }}
