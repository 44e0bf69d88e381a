-- Payments of orders, each with its share of the order's money.
select
    server_id,
    business_date,
    receipt_id,
    pay_type_id,
    pay_type,
    pay_types_group,
    operation_type,
    dish_sum,
    dish_return_sum
from {{ source('iiko', 'current_receipt_payments') }}
