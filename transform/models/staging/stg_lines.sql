-- Lines of orders, deleted and refunded ones too, with what follows from their flags (why-numbers-differ, 1 and 2).
with lines as (
    select
        *,
        coalesce(order_deleted = 'NOT_DELETED' and deleted_with_writeoff = 'NOT_DELETED', false) as counts,
        coalesce(order_deleted = 'NOT_DELETED' and dish_return_sum <> 0, false) as is_refund
    from {{ source('iiko', 'current_receipt_items') }}
)

select
    server_id,
    business_date,
    department_id,
    receipt_id,
    id,
    dish_id,
    waiter_id,
    waiter_name,
    deleted_with_writeoff,
    dish_amount,
    dish_sum,
    discount_sum,
    increase_sum,
    dish_discount_sum,
    vat_sum,
    dish_return_sum,
    product_cost,
    counts,
    is_refund,
    -- Without ids of iiko's own (an id of ours is a UUIDv5) a line and its return on the same day are one row, worth nothing.
    case
        when
            is_refund and coalesce(dish_discount_sum, 0) = 0
            and (deleted_with_writeoff <> 'NOT_DELETED' or substr(id::text, 15, 1) is distinct from '5')
            then -abs(dish_return_sum)
        when counts then coalesce(dish_discount_sum, 0)
        else 0
    end as net_revenue
from lines
